"""Words that mean something else together than each by itself."""

from services.llm.routing.words import parts as p

_ALL_WELL = p.STATE | p.ANYTHING
_PHRASES: p.Table = {
    p.TECHNOLOGY: "home_assistant raspberry_pi bare_metal uptime_kuma node_red mac_os hyper_v "
    "windows_server windows_11 windows_10 proxmox_ve proxmox_backup_server cloud_init "
    "home_directory home_dir home_folder home_page home_screen home_path man_page ip_tables "
    "file_descriptor file_descriptors",
    p.TECHNOLOGY | p.LEARNING: "guest_agent qemu_agent ssh_agent user_agent mail_agent ai_agent "
    "ai_agents agent_forwarding social_engineering",
    p.LEARNING: "by_default best_practice best_practices use_case use_cases rule_of_thumb "
    "rules_of_thumb in_general in_theory cheat_sheet learning_curve big_picture open_source",
    p.EVERYDAY: "sweet_home home_sweet_home social_media news_media mass_media real_estate "
    "estate_agent travel_agent insurance_agent secret_agent agent_orange home_run home_town "
    "mobile_home nursing_home funeral_home check_engine credit_score local_elections local_time",
    p.METRIC: "load_average load_averages disk_space disk_usage memory_usage cpu_usage ram_usage "
    "power_draw power_usage fan_speed ip_address mac_address cpu_load",
    p.THING: "file_system file_systems smart_home machine_room",
    p.STATE: "in_sync out_of_sync up_to_date out_of_date out_of_space out_of_memory out_of_disk "
    "on_fire in_trouble under_load going_on run_out runs_out running_out ran_out fill_up fills_up "
    "filling_up locked_up locks_up passed_through maxed_out powered_off powered_on switched_off "
    "switched_on shut_down turned_off turned_on acting_up playing_up in_ordnung en_panne en_ligne "
    "hors_ligne in_use not_responding in_maintenance at_risk low_on going_down went_down "
    "gone_down goes_down timed_out",
    p.EVENT: "last_change last_changes recent_changes red_flags security_updates power_cut "
    "power_outage power_failure mise_a_jour mises_a_jour",
    p.NOW: "right_now at_the_moment so_far these_days as_we_speak im_moment en_ce_moment for_now",
    p.PAST: "last_night last_week last_month last_time this_morning this_week this_month "
    "this_evening this_afternoon the_other_day a_while_ago heute_nacht letzte_nacht cette_nuit "
    "while_i_was_away while_i_was_out while_i_slept while_i_was_asleep while_i_was_sleeping "
    "while_we_were_away",
    p.FILLER: "sorry_to_bother_you to_bother_you excuse_me hope_you_are_well i_hope_you_are_well "
    "no_offense just_wondering if_possible as_always long_story_short to_be_honest no_hurry "
    "no_rush",
    p.THANKS: "tank_you thank_you many_thanks much_appreciated well_done good_job nice_work "
    "nice_one good_work great_job great_work good_bot that_s_all that_is_all thats_all "
    "that_will_be_all no_worries all_set you_rock",
    p.GREETING: "good_morning good_evening good_afternoon good_night good_day guten_morgen "
    "guten_tag guten_abend gute_nacht bonne_nuit au_revoir see_you see_ya take_care "
    "long_time_no_see auf_wiedersehen bonne_journee wie_geht_s ca_va wie_gehts_dir wie_gehts "
    "good_to_see_you what_s_up whats_up wassup",
    p.ASSENT: "of_course go_ahead go_for_it do_it do_that do_so sounds_good make_it_so why_not "
    "please_do vas_y d_accord na_klar mach_das mach_es fais_le yes_please ja_bitte oui_merci "
    "be_my_guest",
    p.REFUSAL: "never_mind no_thanks no_thank_you not_now forget_it leave_it lass_es nein_danke "
    "non_merci not_yet laisse_tomber forget_about_it drop_it let_it_be not_today maybe_later",
    p.WH: "how_come",
    p.ACTION: "stand_down stand_back power_cycle spin_up spin_down bring_up bring_down take_down "
    "tear_down boot_up wake_up power_on power_off power_down power_up back_up roll_back fire_up "
    "kick_off",
    p.HANDLING: "turn_on turn_off switch_on switch_off set_up",
    _ALL_WELL: "all_green all_lights_green lights_green all_good all_clear all_quiet all_well "
    "all_fine we_good everything_good",
    p.NEUTRAL: "have_a_look take_a_look keep_an_eye",
}

PHRASES: dict[tuple[str, ...], int] = {
    tuple(phrase.split("_")): parts for parts, row in _PHRASES.items() for phrase in row.split()
}
"""The words of a phrase to the parts it plays as a whole."""

LONGEST_PHRASE = max(map(len, PHRASES))

FIRST_WORDS: frozenset[str] = frozenset(words[0] for words in PHRASES)

EXPANDED: dict[str, tuple[str, ...]] = {
    "whats": ("what", "is"),
    "wats": ("what", "is"),
    "whos": ("who", "is"),
    "hows": ("how", "is"),
    "wheres": ("where", "is"),
    "whens": ("when", "is"),
    "whys": ("why", "is"),
    "thats": ("that", "is"),
    "theres": ("there", "is"),
    "im": ("i", "am"),
    "ive": ("i", "have"),
    "id": ("i", "would"),
    "youre": ("you", "are"),
    "youve": ("you", "have"),
    "theyre": ("they", "are"),
    "dont": ("do", "not"),
    "doesnt": ("does", "not"),
    "didnt": ("did", "not"),
    "cant": ("can", "not"),
    "cannot": ("can", "not"),
    "couldnt": ("could", "not"),
    "wont": ("will", "not"),
    "wouldnt": ("would", "not"),
    "isnt": ("is", "not"),
    "arent": ("are", "not"),
    "wasnt": ("was", "not"),
    "hasnt": ("has", "not"),
    "havent": ("have", "not"),
    "shouldnt": ("should", "not"),
    "aint": ("is", "not"),
    "lets": ("let", "us"),
    "gimme": ("give", "me"),
    "lemme": ("let", "me"),
    "wanna": ("want", "to"),
    "gonna": ("going", "to"),
    "gotta": ("have", "to"),
    "dunno": ("do", "not", "know"),
    "whatsup": ("what", "is", "up"),
    "u": ("you",),
    "wat": ("what",),
    "wht": ("what",),
    "wich": ("which",),
    "hwo": ("how",),
    "teh": ("the",),
    "wan't": ("was", "not"),
    "hows's": ("how", "is"),
    "what're": ("what", "are"),
    "gehts": ("geht", "es"),
    "gibts": ("gibt", "es"),
    "aufm": ("auf", "dem"),
    "zum": ("zu", "dem"),
}
"""Short forms written out."""

ENDINGS: dict[str, tuple[str, ...]] = {
    "s": ("'s",),
    "re": ("are",),
    "m": ("am",),
    "ve": ("have",),
    "ll": ("will",),
    "d": ("would",),
}
"""What stands behind an apostrophe."""

ALWAYS_IS: frozenset[str] = frozenset(
    {"what", "who", "how", "where", "when", "why", "that", "there", "it", "he", "she", "everything",
     "anything", "here", "was", "wie", "wo", "das", "let"}
)  # fmt: skip
"""Behind these, 's is a verb and never an owner."""
