"""Industries, and the words that employers are named with.

The names are obviously invented, e.g. Marmalade Comet Software.
"""

from typing import NamedTuple

from infra.simulator.vocabulary.occupation import Language


class Industry(NamedTuple):
    """An industry in both languages."""

    zh: str
    en: str
    trades_zh: tuple[str, ...]
    """Words for the trade in Chinese names of its employers."""
    trades_en: tuple[str, ...]
    """Words for the trade in English names of its employers."""

    def name(self, language: Language) -> str:
        """Return its name in a language."""
        return self.zh if language == "zh" else self.en

    def trades(self, language: Language) -> tuple[str, ...]:
        """Return the words for the trade in a language."""
        return self.trades_zh if language == "zh" else self.trades_en


# Key, Chinese and English name, Chinese and English words for the trade.
_TABLE = """
software|互联网/软件|Software|软件; 网络科技; 信息技术|Software; Systems; Digital
finance|金融|Financial services|银行; 金融服务; 保险|Bank; Finance; Insurance
consulting|专业服务|Professional services|事务所; 咨询; 企业服务|Consulting; Partners; Advisory
health|医疗健康|Healthcare|医院; 诊所; 健康管理|Hospital; Clinics; Health
life_science|生物医药|Life sciences|生物科技; 制药|Biosciences; Pharma
education|教育培训|Education|学校; 教育|School; Academy; Education
retail|零售电商|Retail|商贸; 超市; 电商|Stores; Retail; Market
media|广告传媒|Media|传媒; 广告|Media; Studio; Press
manufacturing|机械制造|Manufacturing|机械; 精密制造; 电子|Machines; Engineering; Works
energy|能源电力|Energy|能源; 电力|Energy; Power
construction|建筑房产|Construction|建设; 建筑工程|Construction; Builders
logistics|物流运输|Logistics|物流; 供应链; 快运|Logistics; Freight; Transport
hospitality|酒店餐饮|Hospitality|酒店; 餐饮管理|Hotels; Kitchens; Inns
property|物业服务|Property services|物业管理; 安保服务|Property Services; Facilities
"""


def _industry(zh: str, en: str, trades_zh: str, trades_en: str) -> Industry:
    return Industry(zh, en, tuple(trades_zh.split("; ")), tuple(trades_en.split("; ")))


_ROWS = (line.split("|") for line in _TABLE.strip().splitlines())
INDUSTRIES: dict[str, Industry] = {key: _industry(*fields) for key, *fields in _ROWS}
"""Industries by key."""

# fmt: off
FIRST: dict[str, tuple[str, ...]] = {
    "zh": (
        "会飞", "爱笑", "打盹", "唱歌", "慢跑", "倒立", "发光", "隐形", "害羞", "失眠",
        "三条腿", "戴帽子", "喝茶", "下棋", "怕冷", "迷路", "好奇", "健忘", "踮脚", "吹口哨",
        "做梦", "打喷嚏", "滑冰", "写诗", "数星星", "穿雨靴", "背书包", "晒太阳", "追月亮",
        "吃糖", "摇摆", "早起", "透明", "微醺", "逆行", "折纸", "悄悄话", "跳绳", "眨眼", "划船",
    ),
    "en": (
        "Marmalade", "Sleepy", "Purple", "Whistling", "Paper", "Velvet", "Upside-Down", "Rubber",
        "Invisible", "Tickled", "Wobbly", "Moonlit", "Forgetful", "Polite", "Galloping", "Custard",
        "Left-Handed", "Knitted", "Thirteenth", "Backwards", "Porcelain", "Humming", "Reluctant",
        "Tartan", "Floating", "Crumpled", "Gingerbread", "Bashful", "Striped", "Sunday",
        "Borrowed", "Clockwork", "Peppermint", "Barefoot", "Dizzy", "Feathered", "Imaginary",
        "Jellied", "Lopsided", "Waltzing",
    ),
}
SECOND: dict[str, tuple[str, ...]] = {
    "zh": (
        "茶壶", "土豆", "企鹅", "雨伞", "蜗牛", "灯笼", "南瓜", "风筝", "刺猬", "算盘",
        "毛驴", "饺子", "河马", "拖鞋", "仙人掌", "鹦鹉", "汤圆", "萝卜", "猫头鹰", "锅盖",
        "海豹", "竹笋", "陀螺", "乌龟", "棉被", "松鼠", "石榴", "水獭", "扫帚", "蘑菇",
        "斑马", "纽扣", "豆浆", "袋鼠", "砚台", "章鱼", "枕头", "麻雀", "荷包蛋", "长颈鹿",
    ),
    "en": (
        "Teapot", "Comet", "Penguin", "Umbrella", "Walrus", "Lantern", "Turnip", "Kite",
        "Hedgehog", "Abacus", "Donkey", "Dumpling", "Hippo", "Slipper", "Cactus", "Parrot",
        "Biscuit", "Radish", "Owl", "Saucepan", "Otter", "Rhubarb", "Trombone", "Tortoise",
        "Blanket", "Squirrel", "Pickle", "Dodo", "Broomstick", "Mushroom", "Zebra", "Button",
        "Crumpet", "Kangaroo", "Inkwell", "Octopus", "Pillow", "Sparrow", "Pancake", "Giraffe",
    ),
}
# fmt: on

LEGAL_FORMS: dict[str, tuple[str, ...]] = {
    "zh": ("有限公司", "集团", "股份有限公司"),
    "en": ("Ltd", "Group", "plc", "& Daughters", ""),
}
