"""Words that English titles are made of: heads, what goes before them, and where titles stand."""

from streaming.language.lexicon.occupations import words

HEADS = """
engineer developer dev programmer coder architect designer analyst scientist manager mgr director lead
administrator admin consultant adviser advisor specialist officer coordinator co-ordinator assistant
associate executive exec representative rep technician tech mechanic electrician plumber carpenter welder
machinist operator driver courier rider picker packer labourer laborer builder bricklayer painter
roofer cleaner housekeeper janitor caretaker porter guard nurse doctor physician surgeon dentist
pharmacist physiotherapist physio therapist paramedic midwife carer caregiver vet veterinarian teacher
tutor lecturer professor instructor trainer coach librarian researcher chemist biologist physicist
accountant bookkeeper auditor actuary underwriter broker trader banker teller cashier clerk
receptionist secretary typist lawyer solicitor barrister attorney paralegal translator interpreter
writer copywriter editor journalist reporter author photographer videographer animator illustrator
artist musician producer presenter chef cook baker barista bartender waiter waitress server butcher
salesperson salesman saleswoman merchandiser merchandizer buyer planner scheduler strategist marketer recruiter
negotiator surveyor estimator inspector tester controller supervisor foreman forewoman superintendent
hairdresser barber beautician stylist tailor florist gardener landscaper farmer fisherman pilot
steward stewardess firefighter fireman policeman policewoman counsellor counselor psychologist statistician economist
mathematician geologist curator archivist dispatcher apprentice trainee nanny au_pair
babysitter childminder handler installer fitter worker agent owner master sysadmin dba sre
partner generalist evangelist concierge optician hygienist radiographer sonographer
phlebotomist dietitian dietician nutritionist podiatrist audiologist optometrist head chief cto cfo ceo coo ciso
adjuster dishwasher seamstress dressmaker draughtsman draftsman draughtsperson drafter invigilator ranger brewer
anaesthetist anesthetist anesthesiologist cardiologist oncologist radiologist neurologist dermatologist
paediatrician pediatrician psychiatrist gynaecologist obstetrician urologist pathologist gp locum orthodontist
osteopath chiropractor acupuncturist masseur masseuse orderly cna lpn rn hca doula embalmer undertaker mortician
microbiologist biochemist geneticist epidemiologist astronomer botanist zoologist ecologist hydrologist
meteorologist oceanographer archaeologist anthropologist sociologist historian philosopher linguist geographer
cartographer toxicologist agronomist horticulturist arborist forester lumberjack logger miner driller roustabout
rigger scaffolder glazier tiler plasterer decorator joiner cabinetmaker upholsterer blacksmith silversmith goldsmith
jeweller jeweler watchmaker locksmith potter weaver knitter cobbler shoemaker printer bookbinder engraver
toolmaker millwright boilermaker pipefitter steamfitter lineman linesman groundworker groundsman greenkeeper
stonemason mason concreter paver steelworker ironworker sheetmetal fabricator assembler moulder molder turner
grinder polisher sprayer finisher sawyer stevedore longshoreman sailor seaman deckhand skipper captain
mate bosun boatswain navigator conductor motorman trucker lorry_driver chauffeur cabbie postman postwoman mailman
postie loader stocker shelf-stacker warehouseman warehouser storeman storekeeper shopkeeper shop_assistant
greeter attendant bellboy bellhop doorman doorkeeper valet usher bouncer lifeguard warden gaoler jailer detective
constable sergeant soldier marine sheriff bailiff magistrate judge notary conveyancer mediator arbitrator
legislator diplomat ambassador lobbyist campaigner activist organiser organizer fundraiser pastor priest imam
chaplain rabbi missionary sexton verger dean principal headteacher headmaster headmistress rector chancellor
educator teaching_assistant facilitator moderator mentor proofreader subeditor sub-editor columnist
novelist poet playwright screenwriter scriptwriter storyteller blogger vlogger influencer streamer podcaster
broadcaster newsreader anchor announcer correspondent publisher publicist agent_manager actor actress comedian
dancer choreographer singer vocalist pianist violinist guitarist drummer composer songwriter arranger dj
conductor sculptor ceramicist printmaker calligrapher cartoonist colourist colorist compositor rigger modeller
modeler texturer gaffer grip cinematographer cameraman camerawoman videoeditor projectionist stagehand costumer
wardrobe_assistant make-up_artist makeup_artist manicurist cosmetologist aesthetician esthetician tattooist piercer
masseuse groomer trainer jockey groom farrier zookeeper beekeeper shepherd herdsman milker dairyman winemaker
vintner sommelier distiller cheesemaker confectioner chocolatier pastrycook sous_chef commis chef_de_partie
pizzaiolo patissier pâtissier caterer restaurateur hotelier innkeeper landlord publican barman barmaid barback
barkeeper mixologist host hostess busser runner kitchen_porter kitchen_hand kitchen_assistant dinner_lady maid
butler housemaid laundryman launderer laundress ironer window_cleaner chimney_sweep sweeper
refuse_collector dustman binman recycler exterminator fumigator gravedigger handyman handywoman odd-jobber
removalist mover hauler collector assessor valuer appraiser investigator examiner evaluator verifier reviewer
compliance_officer actuarial treasurer cashier bookie croupier dealer financier investor economist quant
quantitative_analyst stockbroker auctioneer realtor letting_agent estate_agent lettings_negotiator landlady
telemarketer telesales canvasser promoter demonstrator visual_merchandiser window_dresser closer hunter
pm po ba ux_researcher scrum_master product_owner webmaster copyeditor technologist cyber_analyst
pentester pen_tester hacker cryptographer roboticist hardware_engineer systems_engineer modeller
strategist ombudsman registrar bursar clerk-typist stenographer transcriptionist transcriber captioner subtitler
annotator labeler labeller localiser localizer indexer cataloguer archiver conservator restorer taxidermist
guide tour_guide ski_instructor instructor yogi personal_trainer referee umpire athlete footballer goalkeeper
scout caddie caddy greenskeeper sommelière crew flight_attendant cabin_crew purser aircrew rigger diver
dogsbody factotum helper aide orderly support_worker care_assistant home_help homemaker companion matron sister
health_visitor social_worker caseworker case_worker youth_worker probation_officer playworker nursery_nurse
kindergarten_teacher preschool_teacher governess pedagogue nursery_assistant creche_worker foster_carer
signalman trackman ganger switchman dispatcher controller crane_operator banksman slinger digger excavator_operator
forklift_driver reach_truck_driver groundskeeper gamekeeper ghillie keeper tutor mystery_shopper stocktaker
pollster interviewer enumerator surveyor proof-reader demographer actuary town_planner urban_planner urbanist
landscape_architect interior_designer costume_designer dramaturg impresario dramaturge luthier piano_tuner tuner
fitter plumber's_mate labourer's_mate banksman steelfixer shuttering_joiner formworker asphalter roadworker
sandblaster insulator lagger ductwork_installer cabler splicer jointer repairer repairman serviceman restorer
vulcaniser panel_beater body_shop_technician tyre_fitter tire_fitter upholstress hatter milliner furrier tanner
leatherworker sewer machinist presser cutter patternmaker pattern_maker finisher dyer bleacher spinner
"""
NEEDS_MODIFIER = frozenset(
    words(
        """lead head master owner worker agent partner support guard grip mate hand host server guide coach
    pilot chief handler keeper runner anchor marine sister companion crew dealer tech captain judge scout
    hunter mover mason potter turner printer cutter spinner tuner loader helper closer digger sewer
    investor reviewer collector actuarial maid pm po ba groom landlord landlady principal associate
    author printer quant hacker dancer singer blogger shepherd server admin exec executive dev
    assistant officer operator specialist director consultant coordinator analyst examiner sheetmetal
    landlord doctor vet poet investor priest usher interviewer recruiter trainer owner boss mentor
    linguist historian philosopher soldier sailor runner"""
    )
)
"""Heads that are no title by themselves within a sentence."""
NOT_MODIFIERS = """
a an the as for of in at to by on with and or nor but not no any some my your our their his her its
i i'm im i'd i've i'll am is are be been being was were it this that these those who which where when what
want wants wanted wish hope hoping like prefer preferably ideally look looking lookin look seek seeking search
searching find finding need needs get getting got become becoming be work working works worked job jobs
role roles position positions post posts opening openings vacancy vacancies career gig gigs n w/ 4 u
opportunity opportunities remote remotely remot hybrid on-site onsite office-based full-time part-time
full time part permanent temporary contract contractor freelance internship intern based only must should would
could can may might will shall just maybe perhaps something anything interested ideal next new other
another good great nice decent open available after from since until before start starting than more
less least most years year months month week weeks day days per about around over under between
experience experienced both either me please pls hire hires hiring apply applying into using use via without
except avoid hate never don't dont doesn't isn't also plus then so if because while though although
currently current former formerly ex previously previous having have has had do does did paid well-paid
salary pay anywhere everywhere somewhere there here preferred fluent bilingual native
consider considering considered outside within near nearby ok okay fine love loves loved enjoy really very
us uk evening evenings weekend weekends nights morning flexible offer offers offering offered let speak
speaking speaks used sell selling sold stop stopped quit done tired sick skip exclude excluding ban block drop
become train training retrain retrained studied study learn learning know knows known skilled qualified trained
hoping move moving moved switch switching change changing now today tomorrow soon first second
third choice already still again always often every each all many few several three two one four five six seven
eight nine ten half hi hello hey dear thanks thank cheers sorry yes no well said told says say think thought
called named seeks seeks wanting take takes taking make makes making give gives giving keep keeping kept see
seen show shows bring brought come coming went go goes going back up down out off away too much little
us them we you he she they ya yo anybody anyone somebody someone nobody people person guy woman man
old older young younger strong keen happy glad eager ready willing able dying proud lucky urgently immediately
asap wanted needed required is's such same whole own better best top bad worst big small large
jobless unemployed settled living live lives based born ago last past recent recently long short term
exactly actually basically simply mostly mainly usually probably definitely absolutely
january february march april june july august september october november december spring
"""
"""Words that are no part of a title, before its head."""
LANGUAGE_HEADS = frozenset(
    words(
        """teacher tutor translator interpreter lecturer professor instructor editor proofreader linguist
    transcriptionist transcriber subtitler localiser localizer writer copywriter"""
    )
)
"""Heads before which a language is part of the title."""
OF_HEADS = r"head|director|vp|vice president|professor|lecturer|manager|teacher|chief|president|dean|master|captain"
OF_OBJECT = r" of (?:the )?(?:[a-z&]+ and [a-z]+|[a-z]+(?: (?:science|engineering|operations|development|success|resources|experience|staff|marketing|management|affairs|studies|education))?)"
SUFFIX = r"[a-z'-]{2,}(?:er|or|ist|ian|man|woman|person|eer|smith|wright|keeper|maker|worker|hand|ologist|grapher)s?"
"""What most other heads look like; they count where a title must stand."""
NO_SUFFIX = frozenset(
    words(
        """after other never ever over under summer winter december november october september either however
    better number letter paper power water order offer career employer sector computer matter corner dinner
    minor major senior junior colour color favour favor her their brother mother sister daughter weather
    whether rather together transfer answer remember consider prefer later longer higher lower older younger
    easier earlier former sooner closer cheaper nearer smaller bigger larger per for or nor poor door floor
    error mirror horror neighbour neighbor your our four hour tour flower tower shower river lover liver
    silver gender border centre center chapter character cover cluster counter daycare discover disorder
    enter quarter register semester shelter super trailer user member partner leader manager player speaker
    offer proper regular similar dollar popular familiar particular calendar list mist twist assist exist
    persist insist resist tourist wrist least human german roman woman man person hand beforehand italian
    russian asian christian egyptian indian brazilian ukrainian norwegian hungarian romanian persian
    australian canadian iranian vegetarian vegan civilian guardian beginner newcomer jobseeker seeker
    stranger customer consumer server folder timer labor labour error interior exterior motor tractor
    monitor vendor investor anger hunger finger ginger danger layer prayer beer deer career peer sheer
    employer volunteer wonder thunder gather father grandfather grandmother another butter twitter
    docker jupyter blender premier beaver fever clever forever whenever whatever wherever moreover leisure
    maker worker keeper smith wright"""
    )
)
"""Words that look like heads, and are none."""
LEFT_OF_TITLE = (
    r"(?:^|[.;:,!?(]\s*|\n\s*|- |\b(?:as|be|become|becoming|being|becomes|hiring|hire|for|into|not|no|except|than|nor|or|and)"
    r" (?:an? |the |any )?|\b(?:looking for|seek(?:ing)?|find me|want|need|called|job as|work as|again as|am|i'm) (?:an? )?|"
    r"\b(?:remote|hybrid|part[- ]time|full[- ]time|telecommute|wfh|junior|senior|trainee|freelance) )$"
)
RIGHT_OF_TITLE = (
    r"^(?:\s*(?:$|[.;:,!?)\n/]| - )|,? (?:in|at|near|with|for|from|jobs?|roles?|positions?|posts?|work|gigs?|needed|"
    r"wanted|please|pls|and|or|who|here|around|based|on|to|by|then|so|that|because|anywhere|somewhere|part|full|remote|remot|hybrid|w/)\b)"
)
AFTER_JOB_AS = r"\b(?:job|work|working|position|role|gig|start|something|anything|hired|employed|career|post|life|going) as (?:an? )?(?P<title>(?:[a-z][a-z'-]+ ){0,2}[a-z][a-z'-]{2,})(?= (?:in|at|near|for|with|from|around|on|or|and|to|please|by|because|somewhere|anywhere)\b| ?[.,;:!?(]| -|$)"
"""Any words after "a job as" are a title, also one that is misspelt."""
