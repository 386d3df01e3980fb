"""English words by the part they play; folded to lower case, without accents."""

from services.llm.routing.words import parts as p

FUNCTION_WORDS: p.Table = {
    p.BE: "is are was were am be been being r",
    p.DO: "do does did done doing",
    p.HAVE: "have has had having got",
    p.MODAL: "can could will would shall should may might must ought",
    p.NEGATION: "not no never none neither nor without nothing nobody cannot",
    p.WH: "what which who whose whom where when why how",
    p.PREPOSITION: "on of in at from to for with by about into onto over under off inside between "
    "through across during after before until till against per via as than like towards within "
    "around behind beside above below out up down away near",
    p.CONJUNCTION: "and or but then also because so if whether while though although plus & nor "
    "since unless",
    p.THE: "the",
    p.MINE: "my our mine ours",
    p.YOURS: "your yours ur",
    p.A: "a an another",
    p.ALL: "all every each both whole entire",
    p.ANY: "any some few several many much more most other less there",
    p.POINTING: "it that this them they those these its their theirs itself themselves thing one "
    "ones thingy same former latter",
    p.ME: "i we me us myself ourselves im ive",
    p.YOU: "you u yourself",
    p.ANYONE: "people someone somebody everyone everybody anyone anybody admins beginners folks",
    p.ANYTHING: "anything everything something nothing stuff things all",
}

SOCIAL_WORDS: p.Table = {
    p.GREETING: "hi hello hey hiya heya yo howdy greetings morning evening afternoon goodnight "
    "bye goodbye cya welcome cheerio good night sup",
    p.THANKS: "thanks thank thx ty tnx cheers ta appreciated grateful thankyou kudos bravo "
    "congrats congratulations",
    p.ASSENT: "yes yeah yep yup sure ok okay okey okie k kk alright agreed right correct exactly "
    "absolutely definitely proceed aye affirmative indeed",
    p.REFUSAL: "no nope nah nay negative nevermind",
    p.FILLER: "please pls plz plss pleeease kindly well hmm hm hmmm um uh er erm oh ah aha ooh "
    "wow just maybe perhaps actually basically btw anyway anyways anyhow quickly quick question "
    "really very quite literally honestly pretty somehow lol haha hahaha rofl lmao omg wtf ugh ok "
    "okay so damn hell heck sorry excuse pardon great nice cool perfect awesome excellent "
    "brilliant wonderful fantastic lovely super amazing amazingly neat sweet splendid fab kind "
    "much hey listen hopefully obviously asap fyi imo tbh man phew yay hurray whoa",
    p.VOCATIVE: "jarvis sir mate buddy dude pal bro friend dear mr butler madam boss chief",
}

HOUSE_WORDS: p.Table = {
    p.THING: "cluster clusters node nodes vm vms guest guests container containers lxc lxcs ct "
    "cts server servers host hosts hypervisor box boxes machine machines instance instances pool "
    "pools zpool zpools rpool storage storages disk disks drive drives ssd ssds hdd hdds nvme nas "
    "homelab lab rack datacenter dashboard vlan bridge interface interfaces nic nics switch "
    "router firewall vpn gateway subnet dns dhcp wifi internet network vmid vmids template "
    "templates image images volume volumes partition dataset datasets mount mounts share shares "
    "filesystem iso isos unit units daemon daemons service services process processes stack "
    "docker pod pods deployment database kernel bios firmware certificate certificates cert certs "
    "token fan fans cpu cpus gpu ram core cores psu ups battery sensor sensors port ports shell "
    "terminal console vms' os hardware system systems infrastructure infra setup site websites "
    "website app apps windows linux camera cameras cams photos movies films stream streams "
    "streaming lan hotspot proxmox tags tag ha resource resources nodes' workload workloads "
    "autostart quota swapfile reverse proxy",
    p.METRIC: "cpu ram memory mem load temperature temperatures temp temps usage utilization "
    "utilisation uptime space capacity disk storage swap iowait io iops latency throughput "
    "bandwidth traffic power consumption watts status state states health condition performance "
    "figures stats statistics metrics ip ips mac address addresses hostname version versions "
    "config configuration conf spec specs size free headroom room quorum speed speeds rpm "
    "temprature voltage wear lifetime load-average thermals ping trend trends numbers graph "
    "graphs ipv4 ipv6 vcpu vcpus df details noise heat",
    p.EVENT: "backup backups snapshot snapshots snap snaps update updates upgrade upgrades patch "
    "patches migration migrations reboot reboots restart restarts crash crashes error errors "
    "warning warnings alert alerts alarm alarms incident incidents event events task tasks job "
    "jobs scrub scrubs resilver replication log logs syslog journal dmesg outage outages failure "
    "failures fault faults approval approvals problem problems issue issues trouble troubles "
    "anomaly anomalies login logins maintenance downtime audit change changes action actions oom "
    "shutdown shutdowns report reports notification notifications runbook runbooks override "
    "overview summary rollback restore vzdump smart activity findings check checks red history "
    "pending",
    p.STATE: "out up down running stopped online offline dead alive ok okay fine healthy "
    "unhealthy broken slow hot full reachable unreachable stuck frozen hung hanging stable "
    "unstable busy idle overloaded degraded failed failing back active inactive working ready "
    "available unavailable quorate unresponsive sluggish laggy loud noisy crashed wrong gone "
    "missing misbehaving crawling paused suspended asleep awake sleeping overheating overheated "
    "warm hotter cool cold burning fire dying maxed pegged saturated low high empty mounted "
    "unmounted locked degraded faulted suspicious weird strange odd unusual abnormal normal "
    "nominal off on synced outdated pending overdue stale restarted rebooted backed protected "
    "encrypted enabled disabled exposed connected disconnected blocked responsive choppy "
    "struggling smoothly smooth well bad worse fuller busiest hottest fullest loaded biggest "
    "largest slowest flaky intermittent bricked borked kaput corrupt corrupted tight lagging "
    "stalled responding used left free acting migrated upgraded updated patched installed alright "
    "orphaned unused duplicate worn vulnerable",
    p.HAPPENING: "run runs running ran crash crashes crashed crashing fail fails failed failing "
    "die dies died dying hang hangs hung freeze freezes froze stop stops stopped stopping start "
    "starts started starting restart restarts restarted restarting reboot reboots rebooted "
    "rebooting respond responds responded responding answer answers answering work works worked "
    "working load loads loading boot boots booted booting finish finishes finished finishing "
    "complete completes completed succeed succeeds succeeded happen happens happened happening "
    "break breaks broke breaking overheat overheats overheating swap swaps swapping throttle "
    "throttles throttling buffer buffers buffering stutter stutters lag lags lagging sync syncs "
    "synced syncing use uses used using eat eats ate eating hog hogs hogging hogged consume "
    "consumes consuming fill fills filled filling grow grows grew growing leak leaks leaking live "
    "lives living reply replies connect connects connecting connected respawn vanish vanished "
    "disappear disappeared flap flaps flapping spike spikes spiking spiked throw throws throwing "
    "threw transcode transcoding transcodes idle idling burn burns burning drop drops dropped "
    "dropping survive survives come comes came go goes went going lose lost losing take takes "
    "taking took host hosts hosting occupy occupies occupying depend depends expire expires "
    "expired changed change resilver resilvering scrubbing upload uploads uploading download "
    "downloading react reacts reacting exit exits exited trip tripped seem seems look looks "
    "looking behave behaves behaving struggle struggles mount mounts mounted show shows keep "
    "keeps reboots degrade degrades refuse refuses scream screaming wake woke shut spins spinning "
    "log logged leave",
    p.ACTION: "restart reboot migrate evacuate snapshot rollback backup restore shutdown poweroff "
    "reinstall provision deploy redeploy clone resize suspend resume hibernate scrub trim prune "
    "wol undeploy untag failover powercycle restarted rebooted migrated restarting rebooting "
    "migrating hard-reset autostart rebalance resilver unmount mount reprovision vzdump",
    p.HANDLING: "start stop kill turn switch power boot bounce kick move delete remove destroy "
    "create make add give increase decrease bump set rename enable disable update upgrade install "
    "uninstall apply clean cleanup free empty clear fix repair run execute open close lock unlock "
    "protect tag cancel abort approve reset put spin change copy shut wake drain pause halt "
    "unfreeze unpause extend shrink grow expand limit cap reduce lower raise wipe purge format "
    "attach detach assign bring take send launch fire roll patch stand back relocate shift throw "
    "nuke cycle undo revert retry repeat try reload stopping starting moving deleting killing "
    "turning keep ensure schedule restore stop/start rotate replace sync silence mute acknowledge "
    "ack dismiss throttle debug troubleshoot diagnose investigate resolve rescue recover revive "
    "sort",
    p.LOOKING: "show list check look see view display get find tell report monitor watch inspect "
    "examine compare tail cat grep print fetch read verify confirm review summarize summarise "
    "summary peek eye investigate measure count track notify alert inform diagnose analyze "
    "analyse audit predict forecast glance know remind scan search query ask pull dump talk brief "
    "checking showing looking",
    p.SHELL: "systemctl apt apt-get qm pct pvesh pvecm pvesm zpool zfs df du ssh journalctl dmesg "
    "uptime htop ping smartctl iperf iperf3 traceroute nslookup dig lsblk blkid iotop lsusb lspci "
    "ipmitool qmrestore vzdump nvidia-smi curl wget rsync ls ip ss netstat ps grep mount umount "
    "sensors hdparm nmap mtr dist-upgrade lvs vgs pvs",
    p.AMBIENT: "alarm alarms address size speed speeds power volume volumes network wifi internet "
    "app apps website site websites battery port ports process processes fan share shares history "
    "change changes notification notifications photos movies films camera cameras cams stream "
    "streams streaming task job event check checks noise heat numbers switch bridge image images "
    "box windows linux os unit units token hotspot shell interface interfaces activity login "
    "logins trouble issue problem action actions app details graph graphs setup resource "
    "resources instance dashboard terminal lab host hosts shutdown interface stats statistics "
    "trend trends ping traffic version versions temperature heat room report summary overview tag "
    "tags system systems consumption watts condition performance figures name warning patch "
    "patches hardware battery sensor sensors reverse proxy stack core console red findings "
    "failure failures free headroom hostname",
    p.FAILURE: "out down stopped offline dead unhealthy broken slow unreachable stuck frozen hung "
    "hanging unstable overloaded degraded failed failing unavailable unresponsive sluggish laggy "
    "loud noisy crashed wrong overheating burning dying fault faulted choppy bricked borked "
    "corrupt stalled lagging flaky crash crashes crashing fails freezes freezing hangs dies died "
    "buffering buffers stutters throttling dropping drops vanished disappeared screaming "
    "out-of-space out-of-memory on-fire acting-up playing-up not-responding timed-out "
    "intermittent struggling kaput misbehaving leaking hot full crawling spinning",
    p.WEAK: "go goes going went come comes came take takes took taking use uses used using look "
    "looks looking seem seems show shows keep keeps leave lose lost losing live lives work works "
    "working answer answers run depend start starts drop drops answer stop stops log logged shut "
    "wake connect react behave upload uploads uploading download downloading exit exits mount "
    "load loads hang host hosts spin spins sync happen complete completes finish",
    p.PARTICLE: "up down on off back left free low high well used open cold cool bad worse "
    "working running out over ok fine missing current",
    p.NOW: "next upcoming now currently today tonight still yet already again lately recently "
    "moment nowadays atm presently anymore meanwhile soon overnight live",
    p.PAST: "yesterday ago last previous earlier since recent latest past newest oldest week "
    "weekend month monday tuesday wednesday thursday friday saturday sunday hour hours minutes "
    "noon midnight lunch night morning evening afternoon holiday am pm",
}

SUBJECT_WORDS: p.Table = {
    p.LEARNING: "difference differences meaning definition purpose advantage advantages "
    "disadvantage disadvantages benefit benefits pros cons alternative alternatives tutorial "
    "guide guides concept concepts basics history requirement requirements syntax command "
    "commands theory principle principles tip tips practice practices introduction intro types "
    "kinds kind type example examples step steps explained versus vs cheatsheet beginner "
    "beginners best practice strategy strategies algorithm algorithms protocol protocols "
    "technique techniques approach method methods default recommendation recommendations rule "
    "feature features license licence documentation docs book books course courses certification "
    "interview typical typically usually generally theoretically overhead tradeoff tradeoffs "
    "comparison beginner's differ differs how-to howto caveats pitfalls mistakes considerations "
    "circumstance circumstances scenario scenarios situation situations role roles levels risk "
    "risks downside downsides upside upsides drawback drawbacks limitation limitations rationale "
    "story implications consequences explanation reasons cause",
    p.TEACHING: "explain describe define teach elaborate clarify discuss explaining mention spell "
    "outline",
    p.JUDGING: "best better worth recommended necessary good bad hard easy popular faster slower "
    "cheap cheaper expensive secure safer worthwhile overkill legal preferable preferred ideal "
    "optimal suitable reliable good important useful useless obsolete deprecated mature difficult "
    "possible beginner-friendly open-source opensource proprietary recommend suggest required "
    "needed advisable sensible acceptable reasonable beneficial harmful worst superior inferior "
    "right proper properly compatible similar different legit favorite favourite sense reasonable "
    "trustworthy well-known required",
    p.WRITING: "write code program generate draft compose translate summarise summarize rewrite "
    "refactor proofread paraphrase brainstorm invent rhyme sing calculate convert compute spell "
    "roleplay imagine pretend name draw design reword rephrase",
    p.WRITTEN: "script scripts playbook poem haiku email mail letter function regex code snippet "
    "essay story song limerick yaml json dockerfile compose-file compose manifest program "
    "announcement speech tweet password joke jokes riddle riddles quote fact facts sentence "
    "paragraph text blog article slogan recipe ascii class macro one-liner oneliner cronjob "
    "boilerplate rap lyrics terraform helm",
    p.UNIT: "gb mb kb tb gib mib tib kib g m percent % degrees degree celsius fahrenheit times "
    "euros euro dollars dollar bucks pounds seconds second minutes minute hours hour days day "
    "weeks weeks months years year miles km kilometers meters metres kg grams calories watts "
    "volts volt ohm mhz ghz rpm x * + / - divided plus minus people pages users inches feet "
    "points mph cm mm liters lbs ounces th st nd rd c f",
    p.MOTION: "go going goes went gone come coming came get getting got arrive arrived arriving "
    "head heading headed drive driving drove walk walking walked stay staying leave leaving left "
    "return returning returned back finally safely bring take fly flying be being been bike run "
    "running move moving travel travelling nobody anyone somebody someone everyone sweet welcome "
    "alone work working eat sit sitting relax phone write call",
    p.MONEY: "cost costs spent spend spending budget tokens token price bill billing cents usd "
    "dollars expenses money",
    p.SELF: "human robot bot ai real name old age feelings feeling feel sleep eat job hobbies "
    "hobby favorite favourite alive made built created married happy sad lonely conscious "
    "sentient love like hate doing person clever smart stupid funny hilarious dream dreams "
    "birthday born weather there thinking model llm gpt chatgpt siri alexa family parents creator "
    "maker enjoy language speak understand ready listening",
    p.NEUTRAL: "first got get gets getting let lets want wants wanted need needs needed like "
    "would going gonna wanna know knows idea sure able try tried trying make makes made new old "
    "big small large long short little lot lots bit too enough only even else ever often always "
    "sometimes here time times day days way ways part sort kind reason reasons yet total "
    "currently single next left right side top bottom two three four five six seven eight nine "
    "ten half couple rest list number amount name named called per exactly roughly approximately "
    "again ahead along together apart instead rather mind worry worried look seen saw noticed "
    "notice say says said think thought feel feels seems seem happen set put place places inside "
    "outside home's main own overall general yourself possible problem place whole please favor "
    "favour help hand show me attention care deal matter thing sense lay land gracefully properly "
    "safely slowly fast quick soon later fresh extra another different current newest entire full "
    "complete fully totally completely slightly kinda sorta suddenly randomly constantly "
    "repeatedly once twice early late suppose supposed assigned allocated configured stored "
    "scheduled listed open closed everywhere anywhere somewhere nowhere house ones itself "
    "physical virtual actual actually specific certain gives give keeps keep really anyhow slept "
    "while whilst away pls gimme show",
}

TRADE_WORDS: p.Table = {
    p.THING: "clocks array arrays lun luns zvol zvols vdev vdevs mirror bond bonds uplink "
    "controller usb stick dongle passthrough tpu coral sfp pdu ipmi bmc appliance appliances "
    "ingress registry repo repos repository packages package module modules driver drivers "
    "webserver fileserver mailserver nameserver hypervisors worker workers replica replicas "
    "endpoint endpoints target targets exporter exporters broker queue db databases client "
    "clients session sessions connection connections link links tunnel tunnels peer peers lease "
    "leases subdomain datastore datastores store thinpool cache caches crontab cron playbook "
    "chunks guest's vm's files file folder folders directory library ap aps raid pve mountpoint "
    "master secondary primary swap kubernetes cluster's webcam doorbell nas's vmbr rpool tank "
    "array mailbox",
    p.METRIC: "wattage watt kwh energy pressure iops rtt jitter packet packets loss sectors "
    "sector lifespan retention allocation overcommit occupancy footprint consumer consumers hog "
    "hogs culprit culprits offender offenders sitrep timeline rundown briefing recap vitals "
    "availability responsiveness vote votes membership placement",
    p.EVENT: "spike spikes peak peaks blip blips hiccup hiccups glitch glitches cve cves "
    "vulnerability vulnerabilities brownout panic panics timeout timeouts disconnects failovers "
    "verification maintenance advisories advisory ticket tickets reallocated deadline schedule "
    "schedules cronjobs retries exception exceptions leak leaks intrusion attempts lockup lockups "
    "segfault segfaults",
    p.STATE: "overcommitted overprovisioned oversubscribed undersized misconfigured unprivileged "
    "privileged tagged mapped plugged attached detached throttled boiling toasty roasting cooking "
    "fried bust busted toast hosed wonky funky iffy janky shaky unhappy angry grumpy sick cranky "
    "crap awful snappy quiet silent kicking green amber solid dandy unresolved firing triggered "
    "muted acknowledged expired expiring valid invalid trusted unbacked ghost zombie exhausted "
    "pinned capped clogged congested recording adopted scheduled passed killed evicted placed "
    "allocated configured assigned blown borked toasted hosed flooded bloated packed crowded "
    "squeezed spare unassigned unmanaged reserved run-out wrecked botched unbootable bootable "
    "rotated archived excluded included",
    p.FAILURE: "unusual weird strange odd suspicious abnormal hottest busiest fullest slowest "
    "loudest boiling roasting fried bust busted hosed wonky funky iffy janky shaky unhappy angry "
    "grumpy sick cranky awful exhausted clogged congested firing expired killed thrashing "
    "hammering choking panicked segfault beeping blinking flooding spamming looping run-out "
    "timeouts timeout spike spikes lockup wrecked botched unbootable toast hogging refusing "
    "rejecting erroring complaining whining overcommitted crawl crawls",
    p.HAPPENING: "record records recorded recording draw draws drawing adopt adopts adopting "
    "adopted scan scans scanned scanning index indexing scrape scrapes scraping fire fires firing "
    "trigger triggers triggered fit fits hold holds writes writing reads reading chew chewing "
    "munching gobbling thrash thrashes thrashing churn churns churning hammer hammers hammered "
    "hammering pounding choke chokes choking stalls bail bailed bombed spam spams spamming flood "
    "floods flooding complain complains complaining whine whines beep beeps beeping blink blinks "
    "blinking resets loop loops looping panicked evict evicted land landed sit sits sitting "
    "reside resides belong belongs resolve resolves resolving forward forwards listen listens "
    "listening serve serves serving expose exposes publish replicate replicated replicates exceed "
    "exceeds exceeded hit hits hitting miss misses missed skip skipped lapse lapsed play plays "
    "playing rejecting reject rejects refused refusing erroring stands fare fares holding "
    "tripping misbehave misbehaving slept woken rise rises rising climb climbs climbing creep "
    "creeping shrink shrinks shrinking plugged tagged open opens stall say says said tells gives "
    "gave give returns returned return displays asks sounds sound smells promises shows behaves "
    "claims logs trips thinks barfs pukes spits errors wants drain reach reaches access login "
    "drains migrated moved upgraded patched wrapped kicked joined rejoin rejoined handle handles "
    "handling bottleneck",
    p.WEAK: "draw draws drawing hold holds writes writing reads reading sit sits sitting belong "
    "belongs fire fires hit hits miss misses missed play plays playing pass rise rises open opens "
    "serve serves listen listens want wants stands index handle handles handling fit fits land "
    "landed forward forwards record adopt adopts adopting",
    p.ACTION: "reimage rebuild recreate respawn rerun re-run remount rescan resync rebalance "
    "drain cordon uncordon failback hotplug decommission spawn force-stop re-deploy reconnect "
    "unsuspend hotswap",
    p.HANDLING: "force hand unstick ditch reclaim evict renew flush convert allocate reassign "
    "exclude include place park spread balance consolidate rename retag configure reconfigure "
    "adjust tune tweak double halve enlarge pull push plug unplug eject insert connect disconnect "
    "join ban unban block unblock allow deny reject accept confirm decline close reopen test redo "
    "rollout hook wire provision import export scale stage mark flag whitelist blacklist reserve "
    "register deregister spin-up refresh renew stopp upgrade map unmap flush reindex",
    p.LOOKING: "sort rank enumerate plot graph chart brief dig recheck double-check doublecheck "
    "probe diff correlate figure describe determine identify locate trace discover display walk "
    "update",
    p.AMBIENT: "client clients session sessions connection connections link links files file "
    "folder folders directory library package packages store driver drivers cache queue target "
    "targets schedule ticket tickets deadline exception attempts leak green panic loss energy "
    "pressure consumer consumers stick mirror bond worker workers broker master primary secondary "
    "peer peers membership peak peaks mailbox doorbell packet maintenance module modules "
    "controller repo repos repository",
    p.UNIT: "gig gigs megs meg terabyte terabytes gigabytes gigabyte megabytes",
    p.NEUTRAL: "usual usually normally expected lately fit fits anything's needs holds stick "
    "everyday currently ages taking takes forever bunch ton tons pile heap roughly about around "
    "maximum minimum average peak besides except apart thing's stuff's boys kids users user "
    "everyone's else's night's today's yesterday's start begin began become became turn turned "
    "turns since until till between across per each together further deep deeper close closer far "
    "near nearly almost half double least most lots latest third second fourth fifth whatever "
    "whichever wherever whenever however somehow",
}

ALL_TABLES = (FUNCTION_WORDS, SOCIAL_WORDS, HOUSE_WORDS, TRADE_WORDS, SUBJECT_WORDS)
