"""Words by which titles, employers and places are told apart, in English and Chinese."""

# ruff: noqa: RUF001 - Chinese signs and dashes stand in texts

import re
from enum import StrEnum


class PieceKind(StrEnum):
    """What a piece of a line about a position names."""

    TITLE = "title"
    EMPLOYER = "employer"
    PLACE = "place"
    DETAIL = "detail"
    """Hours, departments and the like, which no field takes."""


_TITLES = """
accountant actor actuary administrator adviser advisor agent aide ambassador analyst animator
apprentice architect artist assembler assistant associate attendant attorney auditor baker banker
barber barista bartender bookkeeper builder butcher buyer captain caregiver carer caretaker
carpenter cashier caterer ceo cfo chair chairman chef chemist cio cleaner clerk coach commander
concierge conductor consultant contractor controller cook coordinator copywriter coo counsel
counsellor counselor courier cto curator dealer dean decorator demonstrator dentist deputy
designer detective developer dev devops director dispatcher dishwasher doctor driver economist
editor educator electrician employee engineer entrepreneur estimator evangelist examiner executive
expert facilitator farmer fellow firefighter fitter florist foreman founder co-founder freelancer
fundraiser gardener geologist grower guard guide hairdresser handyman head helper host hostess
housekeeper hygienist illustrator inspector installer instructor intern internship interpreter
interviewer investigator janitor journalist judge keeper labourer laborer landscaper lawyer lead
leader lecturer librarian lifeguard linguist loader machinist maid maker manager marketer mason
mechanic mediator mentor merchandiser midwife miner modeller moderator musician nanny negotiator
notary nurse nutritionist officer operative operator optician optometrist owner packer painter
paralegal paramedic partner pharmacist photographer physician physicist physiotherapist picker
pilot planner plasterer plumber porter postdoc president principal producer professor programmer
promoter proofreader psychologist radiographer rep representative receptionist recruiter registrar
reporter researcher retoucher reviewer roofer sailor sales salesperson saleswoman salesman scholar
scientist scrum seamstress secretary sergeant server shopper sommelier specialist sre statistician
steward stewardess stocker strategist student superintendent supervisor surgeon surveyor tailor
teacher technician technologist telemarketer teller tester therapist tiler trader trainee trainer
translator treasurer tutor typist underwriter usher valet veterinarian videographer volunteer vp
waiter waitress warden washer welder worker writer entwickler ingenieur leiter verkäufer
krankenpfleger
"""
_TITLE_WORDS = frozenset(_TITLES.split())
_EMPLOYERS = """
ab academy ag agency airlines airways architects associates association authority bakery bank
bistro brewery brothers bros bv bureau cafe café center centre charity church clinic club co
college commission committee company consulting consultants cooperative corp corporation council
court daycare department dept diner electronics energy enterprises entertainment factory farm
farms federation firm foods foundation gmbh government group groceries gym health healthcare
holdings hospital hospitals hostel hotel hotels inc incorporated industries inn institute
institution insurance kg kitchen lab laboratories laboratory labs library limited llc llp
logistics ltd magazine market media mill ministry motors museum networks nhs nursery office oy
partners partnership pharmacy plc police press productions pub publishers publishing pvt pty
railway railways resort restaurant retail sa sarl school schools securities se services shop
society software solutions spa srl station store stores studio studios supermarket systems team
tech technologies technology telecom theatre trust union universität university ventures warehouse
works workshop
"""
_EMPLOYER_WORDS = frozenset(_EMPLOYERS.split())
_LEGAL_FORM = re.compile(
    r"(?:inc|incorporated|lda|ltda|pte|pvt|a/s|oy|ab|llc|llp|ltd|limited|co|corp|gmbh|ag|plc|pty|s\.?a|s\.?r\.?l|b\.?v|n\.?v)"
    r"(?:\.| co\.?)?(?: ?(?:ltd|kg)\.?)?",
    re.IGNORECASE,
)
_DETAIL = re.compile(
    r"(?:full|part)[- ]?time|contract(?:or)?|permanent|temporary|temp|freelance|remote|hybrid|"
    r"on-?site|seasonal|casual|self-employed|全职|兼职|实习|远程|合同工|\S{1,12}(?:部|部门|事业部|组|科)"
    r"|\(?\d+ (?:years?|months?|yrs?|mos?)\b.{0,20}|\d+年\d*个?月?|部门.*|汇报对象.*|下属.*",
    re.IGNORECASE,
)
_COUNTRY = (
    "argentina|australia|austria|bangladesh|belgium|brazil|canada|chile|china|colombia|croatia|"
    "czech republic|denmark|egypt|england|estonia|finland|france|germany|ghana|greece|hungary|"
    "india|indonesia|ireland|israel|italy|japan|kenya|luxembourg|malaysia|mexico|morocco|nepal|"
    "netherlands|the netherlands|new zealand|nigeria|northern ireland|norway|pakistan|peru|"
    "philippines|poland|portugal|romania|russia|scotland|serbia|singapore|slovakia|slovenia|"
    "south africa|south korea|spain|sri lanka|sweden|switzerland|taiwan|thailand|turkey|uae|uk|"
    "ukraine|united arab emirates|united kingdom|united states|usa|us|u\\.s\\.a?\\.|vietnam|wales|"
    "中国|美国|英国|德国|法国|日本|韩国|新加坡|加拿大|澳大利亚"
)
_REGION = (
    "A[LKZR]|C[AOT]|D[EC]|FL|GA|HI|I[DLNA]|K[SY]|LA|M[EDAINSOT]|N[EVHJMYCD]|O[HKR]|PA|RI|S[CD]|"
    "T[NX]|UT|V[TA]|W[AVIY]|ON|QC|BC|AB|MB|NSW|VIC|QLD"
)
_CITY = (
    "amsterdam|atlanta|auckland|austin|bangalore|bengaluru|barcelona|beijing|belfast|berlin|"
    "birmingham|boston|bristol|brussels|cambridge|cape town|cardiff|chengdu|chennai|chicago|"
    "cologne|copenhagen|dallas|delhi|denver|detroit|dubai|dublin|edinburgh|frankfurt|geneva|"
    "glasgow|guangzhou|hamburg|hangzhou|helsinki|hong kong|houston|hyderabad|istanbul|johannesburg|"
    "lagos|leeds|lisbon|liverpool|london|los angeles|lyon|madrid|manchester|melbourne|miami|milan|"
    "montreal|mumbai|munich|nairobi|nanjing|new york|newcastle|nottingham|oslo|oxford|paris|"
    "philadelphia|phoenix|portland|prague|rome|san diego|san francisco|san jose|seattle|shanghai|"
    "sheffield|shenzhen|stockholm|stuttgart|sydney|tel aviv|tokyo|toronto|vancouver|vienna|warsaw|"
    "washington|wuhan|zurich|zürich|"
    "北京|上海|天津|重庆|广州|深圳|杭州|南京|苏州|成都|武汉|西安|长沙|郑州|青岛|大连|宁波|厦门|福州|"
    "济南|合肥|无锡|佛山|东莞|沈阳|昆明|哈尔滨|长春|石家庄|太原|南昌|南宁|贵阳|兰州|海口|珠海|常州|"
    "温州|嘉兴|绍兴|徐州|烟台|潍坊|中山|惠州|泉州|金华|南通|扬州|香港|澳门|台北|海淀|浦东"
)
_PLACE = re.compile(
    rf"(?:(?i:{_CITY})|[\u4e00-\u9fff]{{2,6}}(?:省|市|自治区)(?:[\u4e00-\u9fff]{{1,6}}[市区县])?"
    rf"|[\u4e00-\u9fff]{{1,3}}区)(?:市)?(?:[·\s-]?[\u4e00-\u9fff]{{1,4}}区)?"
)
_IS_REGION = re.compile(_REGION)
_IS_COUNTRY = re.compile(_COUNTRY, re.IGNORECASE)

_HAN_EMPLOYER = re.compile(
    r"(?:公司|集团|银行|医院|大学|学院|学校|中学|小学|幼儿园|研究院|研究所|事务所|酒店|餐厅|饭店|超市|"
    r"工厂|厂|中心|协会|出版社|俱乐部|工作室|委员会|商店|药房|药店|诊所|门店|店|支行|分行|局|社|科技)"
    r"(?:[(（][^()（）]{1,20}[)）])?"
)
_HAN_TITLE = re.compile(
    r"(?:工程师|开发|经理|总监|主管|专员|助理|会计|出纳|护士|护士长|医生|医师|药师|教师|老师|讲师|教授|"
    r"设计师|架构师|分析师|咨询师|营养师|摄影师|造型师|程序员|运营|销售|顾问|代表|文员|前台|司机|厨师|"
    r"服务员|店长|收银员|实习生|负责人|总裁|秘书|律师|编辑|记者|翻译|测试|策划|采购|客服|科学家|"
    r"操作工|普工|电工|焊工|钳工|技师|组长|队长|班主任|主任|院长|校长|店员|导购|行政|人事|法务|合伙人|"
    r"创始人|保安|保洁|师傅|学徒|[\u4e00-\u9fff]员|[\u4e00-\u9fff]师)"
    r"(?:[(（][^()（）]{1,20}[)）]|[IV]{1,3}|\d)?"
)
HAN_EMPLOYER_BEFORE = re.compile(
    r"\S{2,30}?(?:有限责任公司|股份有限公司|有限公司|公司|集团|银行|医院)"
    r"(?:\S{1,10}?(?:分公司|支行|分行|门店))?(?:[(（][^()（）]{1,20}[)）])?"
)
"""An employer that a title follows without a space."""
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)?")
_NAMES_A_PART = frozenset({"of", "for", "to", "in", "and"})


def is_han(text: str) -> bool:
    """Return whether a text has Chinese characters."""
    return _HAN.search(text) is not None


def is_legal_form(text: str) -> bool:
    """Return whether a text is only the end of a company's name: "Inc.", but not Colorado's CO."""
    return _LEGAL_FORM.fullmatch(text) is not None and not is_region(text)


def is_country(text: str) -> bool:
    """Return whether a text is the name of a country."""
    return _IS_COUNTRY.fullmatch(text) is not None


def is_region(text: str) -> bool:
    """Return whether a text is the code of a state or province."""
    return _IS_REGION.fullmatch(text) is not None


def is_place(text: str) -> bool:
    """Return whether a text is a well-known place, a country, or says that it is a place."""
    return bool(_PLACE.fullmatch(text)) or is_country(text) or is_region(text)


def piece_kind(text: str) -> PieceKind | None:
    """Return what a piece of a line names by its words; None where they do not say it."""
    if _DETAIL.fullmatch(text):
        return PieceKind.DETAIL
    if is_place(text):
        return PieceKind.PLACE
    return _han_kind(text) if is_han(text) else _latin_kind(text)


def _han_kind(text: str) -> PieceKind | None:
    """The last words of a Chinese name say what it is."""
    last = {PieceKind.EMPLOYER: 0, PieceKind.TITLE: 0}
    for kind, pattern in ((PieceKind.EMPLOYER, _HAN_EMPLOYER), (PieceKind.TITLE, _HAN_TITLE)):
        for match in pattern.finditer(text):
            last[kind] = match.end()
    if last[PieceKind.TITLE] == len(text):
        return PieceKind.TITLE
    if last[PieceKind.EMPLOYER] == len(text):
        return PieceKind.EMPLOYER
    return PieceKind.TITLE if re.search("工程师|开发|经理|主管", text) else None


def _latin_kind(text: str) -> PieceKind | None:
    """The last of the words counts, and in "Head of Retail" or "Bank of Leeds" the first one."""
    words = [word.casefold() for word in _WORD.findall(text)]
    kinds = [_word_kind(word) for word in words]
    for place, word in enumerate(words):
        if word in _NAMES_A_PART and any(kinds[:place]):
            kinds = kinds[:place]
            break
    return next((kind for kind in reversed(kinds) if kind), None)


def _word_kind(word: str) -> PieceKind | None:
    singular = word.removesuffix("s") if word not in _EMPLOYER_WORDS else word
    if word in _TITLE_WORDS or singular in _TITLE_WORDS:
        return PieceKind.TITLE
    return PieceKind.EMPLOYER if word in _EMPLOYER_WORDS else None
