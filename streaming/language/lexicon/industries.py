"""Industries, as people name them."""

ENGLISH = """
finance financial_services banking insurance fintech consulting advertising marketing_agencies
retail e-commerce ecommerce hospitality tourism travel healthcare health_care pharma pharmaceuticals
pharmaceutical biotech medtech education edtech real_estate property construction manufacturing
automotive aerospace aviation defence defense energy renewable_energy renewables oil_and_gas
oil_&_gas mining utilities telecoms telecommunications telecom media publishing entertainment
gaming games gambling betting casinos tobacco alcohol fashion luxury food food_and_beverage
agriculture farming logistics transport transportation shipping crypto cryptocurrency web3
blockchain adtech martech proptech legal public_sector government non-profit nonprofit nonprofits
charity charities NGO NGOs semiconductor semiconductors robotics SaaS cybersecurity
consumer_goods FMCG sports fitness beauty cosmetics arms weapons military debt_collection
payday_lending timeshare MLM multi-level_marketing outsourcing staffing recruitment_agencies
call_centres call_centers fast_food investment_banking private_equity venture_capital
hedge_funds asset_management wealth_management trading clean_energy cleantech solar wind_power
electric_vehicles EV space_industry chemicals textiles film television music tech technology IT
cruise_lines cruises oil_sands politics fracking coal nuclear adult_entertainment porn pornography vaping nightclubs airlines door-to-door_sales telemarketing funeral_services animal_testing meat meat_processing fur slaughterhouses payday_loans ad_tech private_prisons software_industry video_games online_gambling social_care veterinary childcare
"""
CHINESE = """
金融 银行 保险 证券 基金 投资 互联网金融 金融科技 房地产 地产 房产 房产中介 中介 教育 教培 培训 教育培训
在线教育 互联网 电商 电子商务 跨境电商 游戏 直播 短视频 传媒 广告 影视 出版 媒体 零售 快消 快速消费品 餐饮
酒店 旅游 物流 快递 运输 航空 铁路 汽车 新能源 新能源汽车 光伏 电力 能源 石油 石化 化工 煤矿 矿业 钢铁
制造 制造业 半导体 芯片 集成电路 电子 通信 人工智能 机器人 软件 医疗 医疗器械 医药 制药 生物医药 生物科技
医疗健康 养老 健康 农业 食品 服装 纺织 美妆 化妆品 美业 奢侈品 建筑 装修 家居 物业 咨询 法律 会计师事务所
政府 事业单位 国企 央企 外企 公益 体育 健身 博彩 彩票 烟草 酒水 区块链 虚拟货币 币圈 P2P 网贷 催收 传销
直销 微商 保健品 军工 航天 外包 劳务派遣 人力资源 猎头 环保 家政 殡葬 文娱 文旅 动漫 母婴 宠物 珠宝 云计算
大数据 网络安全 信息技术 IT 医美 海上平台 直播带货 民宿 殡葬业 房产销售 棋牌 夜场 娱乐城 KTV 酒吧 屠宰 皮草 电子烟 白酒 保险业 金融业 房地产业 制药业 小贷 贷款 期货 信托 私募
"""


def industry_names() -> tuple[str, ...]:
    """Return the names; a blank within one is written as such."""
    return tuple(name.replace("_", " ") for name in (ENGLISH + CHINESE).split())
