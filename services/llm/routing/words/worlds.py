"""Words by the world they belong to: what a sentence speaks of when it is not about a homelab.

The learned layer counts them; the rules do not.
"""

from collections.abc import Mapping

_WORLDS: Mapping[str, str] = {
    "food": (
        "eat eating ate drink drinking food meal meals dinner lunch breakfast brunch snack supper "
        "recipe recipes ingredient ingredients cook cooking bake baking boil fry grill roast oven "
        "stove cake cakes pie cookie cookies bread butter cheese milk cream egg eggs meat beef "
        "chicken pork turkey ham bacon sausage fish tuna salmon shrimp rice pasta noodles pizza "
        "burger fries soup salad sandwich taco tacos sushi curry steak lasagna potato potatoes "
        "tomato tomatoes onion garlic pepper salt sugar honey oil vinegar sauce flour spice "
        "spices fruit apple apples banana bananas orange oranges lemon berries strawberry "
        "vegetable vegetables beans corn carrot lettuce chocolate candy ice coffee tea juice beer "
        "wine whiskey cocktail soda water calories calorie protein carbs fat fiber vitamin "
        "nutrition nutritional diet vegan vegetarian gluten tasty delicious hungry thirsty "
        "restaurant restaurants cafe bar pub diner bistro buffet menu chef waiter grocery "
        "groceries supermarket kitchen omelette risotto essen kochen kuchen brot oatmeal cereal "
        "yogurt jelly jam peanut barbecue thanksgiving"
    ),
    "money": (
        "bank banks banking account accounts checking savings deposit withdraw withdrawal cash "
        "money dollar dollars euro euros pound pounds yen cent cents card cards credit debit visa "
        "mastercard amex loan loans mortgage debt interest apr rate rates payment payments pay "
        "paying paid paycheck salary wage wages income tax taxes irs refund invoice bill bills "
        "rent budget spend spent spending transaction transactions transfer stock stocks share "
        "dow nasdaq bond invest investment investing investor portfolio crypto bitcoin retirement "
        "pension 401k ira insurance premium policy deductible copay fraud fraudulent fee fees "
        "charge charges charged purchase purchased buy bought sell sold price prices cheap "
        "expensive discount coupon sale afford earn earned worth wealth rich cheque cheques check "
        "checks pin routing currency exchange w2 1099 score fico economy inflation"
    ),
    "travel": (
        "travel travelling traveling trip trips vacation holiday flight flights fly flying plane "
        "airport airline airlines gate boarding luggage baggage suitcase carry-on hotel hotels "
        "hostel motel resort airbnb booking reservation reservations reserve visa passport "
        "customs tourist tour beach island cruise ship train trains bus buses subway metro taxi "
        "uber lyft cab ride drive driving highway road street traffic commute route directions "
        "map mile miles kilometers distance downtown city town village country abroad jetlag "
        "layover vaccine vaccines vaccination souvenir sightseeing museum ferry"
    ),
    "place": (
        "paris london berlin rome madrid tokyo york chicago boston dallas texas california "
        "florida seattle denver vegas miami houston atlanta washington america american usa uk "
        "england scotland ireland france germany italy spain portugal greece turkey russia china "
        "japan korea india australia canada mexico brazil peru argentina africa egypt kenya "
        "europe asia oslo norway sweden denmark finland poland austria vienna switzerland zurich "
        "netherlands amsterdam belgium brussels dubai singapore thailand bangkok vietnam hawaii "
        "alaska ohio utah nevada arizona michigan carolina georgia virginia oregon jersey "
        "hampshire kansas leeds manchester glasgow dublin"
    ),
    "car": (
        "car cars truck van suv vehicle engine tire tires tyre tyres brake brakes gas gasoline "
        "petrol diesel fuel mpg mechanic garage windshield steering wheel clutch odometer oil "
        "transmission license motorbike motorcycle bike bicycle scooter ford honda toyota chevy "
        "bmw mercedes audi tesla kia jeep mileage parking"
    ),
    "body": (
        "body head headache back knee leg legs arm arms foot feet hand hands finger eye eyes ear "
        "nose mouth tooth teeth hair skin heart lung stomach blood bone muscle pain hurt hurts "
        "sick ill flu cold cough fever allergy allergic disease cancer diabetes virus doctor "
        "dentist nurse hospital clinic surgery medicine medication pill pills pharmacy "
        "prescription therapy sleep sleeping tired pregnant pregnancy weight lose gym workout "
        "exercise yoga fitness jogging marathon healthy stress depressed anxiety"
    ),
    "people": (
        "mom mum mother dad father parents wife husband son daughter kids child children baby "
        "brother sister grandma grandpa uncle aunt cousin family friend friends girlfriend "
        "boyfriend partner fiance neighbor neighbour boss coworker colleague landlord teacher "
        "student president king queen prince celebrity actor actress singer author writer poet "
        "artist famous john mary mike bob jim susan jennifer tom lisa sarah david people man "
        "woman men women boy girl person someone guy lady"
    ),
    "home": (
        "house apartment flat room bedroom bathroom kitchen living sofa couch chair table bed "
        "lamp curtain carpet window door roof wall floor garden yard lawn plant plants flower "
        "flowers tree trees laundry dishes dishwasher washer dryer vacuum clean cleaning trash "
        "garbage furniture mortgage rent landlord keys wallet purse glasses umbrella toilet sink "
        "faucet shower heating"
    ),
    "clothes": (
        "shirt shirts pants jeans dress skirt shoe shoes sock socks suit tie jacket coat hat "
        "gloves scarf wear wearing clothes clothing outfit fashion ring necklace watch size"
    ),
    "fun": (
        "movie movies film films cinema song songs music album band concert guitar piano jazz "
        "rock playlist radio podcast tv show series episode netflix game games gaming play "
        "playing player football soccer basketball baseball hockey tennis golf team match league "
        "cup olympics score win won champion book books novel story poem joke jokes riddle funny "
        "art painting dance dancing party birthday christmas easter halloween wedding gift "
        "present hobby chess cards dice coin lottery horoscope zodiac star wars trilogy actor "
        "cast"
    ),
    "nature": (
        "weather rain raining rainy snow snowing sunny sun cloudy cloud clouds wind windy storm "
        "thunder lightning hurricane humid humidity forecast umbrella celsius fahrenheit outside "
        "summer winter spring autumn fall sky moon stars planet planets earth mars jupiter galaxy "
        "ocean sea lake river mountain mountains forest desert animal animals dog dogs cat cats "
        "puppy kitten bird birds horse cow pig sheep lion tiger bear wolf elephant whale shark "
        "penguin penguins spider snake bee"
    ),
    "school": (
        "school university college homework exam exams essay grade grades degree course lesson "
        "math maths algebra geometry calculus physics chemistry biology history geography "
        "literature grammar spelling spell synonym synonyms pronounce translate translation "
        "language languages english spanish french german italian japanese chinese russian "
        "portuguese latin word words meaning definition noun verb sentence capital population "
        "century invented discovered theory"
    ),
    "errand": (
        "alarm timer reminder remind reminders calendar schedule appointment appointments meeting "
        "meetings agenda todo list shopping order ordered orders package packages parcel delivery "
        "delivered shipping shipped tracking track amazon ebay walmart store stores mall shop "
        "shops open opens closes call calls text texts message phone cell smartphone iphone "
        "android email emails voicemail contact contacts address number hobbies tomorrow noon pto "
        "leave payday vacation shift hire hired job jobs career interview resume work office "
        "promotion boss raise"
    ),
    "society": (
        "government president election elections politics political party law lawyer court police "
        "crime war army news headline headlines newspaper magazine journalist democracy republic "
        "senate congress minister church religion god philosophy culture society economy company "
        "companies stock microsoft google facebook twitter instagram tiktok youtube"
    ),
    "voice": (
        "accent voice whisper volume louder quieter slower faster speak speaking talk talking "
        "pronounce language name nickname joke sing song say repeat setting settings mode british "
        "male female"
    ),
    "study": (
        "developer developers administrator administrators sysadmin engineer engineers customer "
        "customers colleague interview attack attacks attacker vulnerability vulnerabilities "
        "exploit encryption encrypt encrypted symmetric asymmetric algorithm algorithms syscall "
        "syscalls segmentation pointer compiler compile recursion loop loops function functions "
        "variable variables array string integer boolean class object objects inheritance "
        "interface thread threads mutex deadlock heap stack handshake header headers packet "
        "packets protocol protocols layer layers osi model theory concept architecture topology "
        "standard rfc acronym abbreviation semantics idempotent stateless stateful synchronous "
        "asynchronous parameter parameters argument arguments flag flags permission permissions "
        "privilege privileges descriptor descriptors signal signals symlink hardlink inode inodes "
        "regex pipe pipes redirect stdin stdout stderr distro distros distribution distributions "
        "gnu posix unix bsd kernel scheduler paging virtualization paravirtualization emulation "
        "bytecode hash hashing salt checksum parity striping mirroring write-back write-through "
        "consistency partitioning sharding normalization index indexes join query schema "
        "transaction acid cap rollout canary blue-green agile devops certification exam"
    ),
}


def _by_word() -> dict[str, tuple[str, ...]]:
    worlds: dict[str, list[str]] = {}
    for world, words in _WORLDS.items():
        for word in dict.fromkeys(words.split()):
            worlds.setdefault(word, []).append(world)
    return {word: tuple(found) for word, found in worlds.items()}


WORLDS: Mapping[str, tuple[str, ...]] = _by_word()
"""Folded word to the worlds it may belong to."""
