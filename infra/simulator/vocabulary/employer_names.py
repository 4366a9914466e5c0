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


INDUSTRIES: dict[str, Industry] = {
    "software": Industry(
        zh="互联网/软件",
        en="Software",
        trades_zh=("软件", "网络科技", "信息技术"),
        trades_en=("Software", "Systems", "Digital"),
    ),
    "finance": Industry(
        zh="金融",
        en="Financial services",
        trades_zh=("银行", "金融服务", "保险"),
        trades_en=("Bank", "Finance", "Insurance"),
    ),
    "consulting": Industry(
        zh="专业服务",
        en="Professional services",
        trades_zh=("事务所", "咨询", "企业服务"),
        trades_en=("Consulting", "Partners", "Advisory"),
    ),
    "health": Industry(
        zh="医疗健康",
        en="Healthcare",
        trades_zh=("医院", "诊所", "健康管理"),
        trades_en=("Hospital", "Clinics", "Health"),
    ),
    "life_science": Industry(
        zh="生物医药",
        en="Life sciences",
        trades_zh=("生物科技", "制药"),
        trades_en=("Biosciences", "Pharma"),
    ),
    "education": Industry(
        zh="教育培训",
        en="Education",
        trades_zh=("学校", "教育"),
        trades_en=("School", "Academy", "Education"),
    ),
    "retail": Industry(
        zh="零售电商",
        en="Retail",
        trades_zh=("商贸", "超市", "电商"),
        trades_en=("Stores", "Retail", "Market"),
    ),
    "media": Industry(
        zh="广告传媒",
        en="Media",
        trades_zh=("传媒", "广告"),
        trades_en=("Media", "Studio", "Press"),
    ),
    "manufacturing": Industry(
        zh="机械制造",
        en="Manufacturing",
        trades_zh=("机械", "精密制造", "电子"),
        trades_en=("Machines", "Engineering", "Works"),
    ),
    "energy": Industry(
        zh="能源电力", en="Energy", trades_zh=("能源", "电力"), trades_en=("Energy", "Power")
    ),
    "construction": Industry(
        zh="建筑房产",
        en="Construction",
        trades_zh=("建设", "建筑工程"),
        trades_en=("Construction", "Builders"),
    ),
    "logistics": Industry(
        zh="物流运输",
        en="Logistics",
        trades_zh=("物流", "供应链", "快运"),
        trades_en=("Logistics", "Freight", "Transport"),
    ),
    "hospitality": Industry(
        zh="酒店餐饮",
        en="Hospitality",
        trades_zh=("酒店", "餐饮管理"),
        trades_en=("Hotels", "Kitchens", "Inns"),
    ),
    "property": Industry(
        zh="物业服务",
        en="Property services",
        trades_zh=("物业管理", "安保服务"),
        trades_en=("Property Services", "Facilities"),
    ),
}

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
