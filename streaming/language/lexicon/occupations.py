"""Words that titles are made of: fields of work in English, and titles in Chinese."""


def words(table: str) -> tuple[str, ...]:
    """Return the entries of a table; a blank within one is written as such."""
    return tuple(dict.fromkeys(name.replace("_", " ") for name in table.split()))


ALONE = """
backend back-end back_end frontend front-end front_end full-stack full_stack fullstack devops
backend_development frontend_development software_development web_development mobile_development
software_engineering data_engineering data_science game_development game_design
product_management project_management customer_support customer_service customer_success tech_support
technical_support accounting nursing teaching marketing digital_marketing content_marketing sales
recruiting human_resources HR graphic_design UX_design UI_design UX UI/UX web_design interior_design
bookkeeping payroll procurement paralegal bartending waitressing waiting_tables cleaning driving
delivery admin_work office_administration data_entry translation copywriting journalism
quality_assurance QA DBA SRE sysadmin business_analysis data_analysis account_management
business_development warehouse_work security_work bar_work care_work social_work
supply_chain_management event_management social_media_management
"""
"""Fields of work that stand for an occupation without a head noun."""
CHINESE_HEADS = """
工程师 架构师 程序员 设计师 分析师 科学家 研究员 产品经理 项目经理 客户经理 运营经理 市场经理 销售经理 大堂经理 店长 副店长
经理 总监 主管 主任 专员 助理 顾问 代表 专家 技术员 技工 电工 焊工 钳工 木工 瓦工 泥瓦工 油漆工 管道工 水电工 维修工 普工 操作工
质检员 检验员 仓管员 仓库管理员 仓管 库管 理货员 分拣员 搬运工 装卸工 司机 快递员 外卖员 骑手 保安 保安员 保洁 保洁员 保姆 月嫂
育儿嫂 阿姨 护工 护士 护士长 医生 医师 药师 药剂师 牙医 康复师 治疗师 营养师 咨询师 教师 老师 讲师 教授 家教 辅导员 班主任 教练
培训师 会计 会计师 出纳 审计师 精算师 柜员 收银员 文员 前台 秘书 律师 法务 翻译 编辑 记者 编剧 作家 摄影师 摄像师 剪辑师
动画师 插画师 画师 原画师 美工 主播 演员 导演 制片人 主持人 经纪人 厨师 厨师长 主厨 总厨 行政总厨 面点师 烘焙师 裱花师 西点师 咖啡师 调酒师
品酒师 服务员 传菜员 营业员 导购 导购员 售货员 店员 销售员 业务员 推销员 采购员 跟单员 单证员 报关员 客服专员 测试员
美容师 美发师 理发师 化妆师 美甲师 造型师 按摩师 纹绣师 园艺师 园丁 农艺师 飞行员 空姐 空乘 乘务员 警察 消防员 辅警 协管员 社工
社区工作者 兽医 宠物医生 测绘员 造价师 预算员 造价员 监理 施工员 资料员 安全员 建造师 标注员 录入员 话务员 调度员 管培生 储备干部 合伙人
幼师 幼教 育婴师 保育员 护理员 养老护理员 网管 管理员 讲解员 导游 领队 配送员 送餐员 厨工 洗碗工 叉车工 操盘手 交易员 基金经理 理财师
投资经理 风控经理 核保员 理赔员 投顾 公务员 图书管理员 档案管理员 档案员 统计员 打字员 校对 校对员 策展人 修复师 裁缝 裁剪工 缝纫工 车工 铣工 磨工
鉴定师 评估师 拍卖师 珠宝鉴定师 程序媛 码农 站长 版主 网红 博主 作曲家 作曲 编曲 歌手 乐手 钢琴师 调音师 录音师 配音员 配音演员 舞者 编导 场记 灯光师
驯兽师 饲养员 训犬师 宠物美容师 养殖员 渔民 农民 护林员 伐木工 矿工 船员 船长 水手 海员 轮机长 大副 列车员 列车长 机长 机务 塔吊司机 吊车司机
班长 组长 工长 工头 队长 厂长 校长 园长 院长 所长 站长 馆长 行长 处长 科长 部长 车间主任 段长 领班 总裁 总经理 副总 董秘 首席执行官 心理医生
检察官 法官 书记员 公证员 调解员 仲裁员 督导 督导员 巡检员 巡查员 验光师 配镜师 检验师 技师 麻醉师 放射师 助产士 护师 殡仪师 入殓师 遗体整容师
架子工 钢筋工 混凝土工 抹灰工 防水工 起重工 锅炉工 电梯工 空调工 汽修工 喷漆工 钣金工 洗车工 装配工 组装工 包装工 注塑工 印刷工 纺织工
"""
"""Titles and ends of titles, wherever they stand."""
CHINESE_FIELDS = """
开发 后端 前端 后台 全栈 算法 运维 测试 爬虫 嵌入式 大数据 产品 设计 平面设计 室内设计 交互设计 视觉设计 机械设计 结构设计 服装设计 UI UX 运营 策划
文案 新媒体 电商 市场 市场营销 营销 公关 品牌 招聘 行政 人事 人力 人力资源 HR HRBP 审计 财务 税务 采购 销售 客服 电话客服 跟单 外贸 教务 后勤
家政 后厨 后期 剪辑 美术 原画 摄影 数据分析 数据录入 数据标注 直播 带货 礼仪 收银 学徒 风控 合规 质检 物流 仓储 测绘 造价 土建 施工 售前 售后
技术支持 前台接待 接待 护理 医药代表 药代 幼教 sre dba 运营助理 文秘 内勤 外勤 地推 猎头 投行 行研 研发 科研 教研 学术 出版 配音
"""
"""Fields of work, which are a title only where a phrase ends."""
CHINESE_SUFFIX = (
    "[工员师匠嫂厨]|(?<![校家酋])长|手|教练|司机|总厨|主厨|工人|技师|大夫|医生|先生|裁缝"
)
"""How other titles end, where a phrase ends."""
CHINESE_NO_TITLES = frozenset(
    words(
        "员工 职工 打工 临时工 小时工 正式工 合同工 短工 短期工 暑假工 寒假工 假期工 钟点工 季节工 长期工 家长 成长 擅长 特长 增长 延长 双手 分手 新手 "
        "上手 高手 人手 动手 对手 帮手 到手 手工 开工 加工 施工 人工 化工 军工 会员 人员 党员 成员 动员 裁员 学员 老手 右手 左手 一手 二手 "
        "很长 多长 太长 全长 多员 大工 小工 零工 日结工 复工 停工 返工 招工 用工 做工 完工 竣工 罢工 手艺 好手 接手 入手 着手 学长 律师事务所 "
        "师 工 员 长 手 匠 嫂 厨 大厨 各位老师 我的老师 先生 时长 周长 生长 拿手 熟练工 无业人员 退伍军人 应届生 年长 店员们"
    )
)
CHINESE_RIGHT = (
    r"(?=$|[，。；、,;.!！？?\s/（()）:：—-]|的|类|相关|方向|岗|工作|职位|一职|实习|兼职|全职|和|或|与|及|都|也|了|就|不|别|吧|呀|啊|哈|可|们|有木有|有没有|优先|"
    r"免谈|除外|以外|勿|这|那|比较|之类|在|去|到|月薪|年薪|时薪|会|要|能|想|求|熟|能|起|即|之后|即可|最好|必须|远程|一枚|一名|\d)"
)
CHINESE_COMPOUNDS = (
    "会计|会展|会务|会议|会籍|社会|协会|工会|招商|招聘|招生|招标|转运|看护|看守|干洗|干部|过磅|过程|有机|有限|有色|可视化|可靠性|对外|对账|对公|做账|"
    "一线|一级|一汽|二级|全栈|到店|到家|要素|在线|在校|个税(?!务)|个险|个人|个性|个护|从业|求职|都市|和平|和面|机要|只读|不锈钢|去毛刺|当代|当铺|"
    "成人|的士|别墅|就业|做市|想象|找平|份额|与会|会所|要客|作为|看板|看图|看台|现场|目前|网站|重要|主要|招投标|中转|旋转|转播|转子|对口|对讲|一次性|一体化"
)
"""Words that hold a character which ends a title elsewhere."""
CHINESE_STOPS = (
    *"的是在我你他想找做当要从到和与或及、，。；,. ;!！?？：:（）()不别去干份个一就都也只能可会有过",
    *(
        "应聘",
        "求职",
        "担任",
        "成为",
        "希望",
        "岗位",
        "职位",
        "工作",
        "以上",
        "以下",
        "经验",
        "方向",
    ),
    *("全职", "兼职", "远程", "实习", "月薪", "年薪", "左右", "附近", "作为", "考虑", "接受", "招"),
    *(
        "排除",
        "拒绝",
        "除了",
        "最好",
        "必须",
        "优先",
        "辈子",
        "了",
        "跑",
        "类似",
        "关于",
        "居家",
        "线上",
        "双休",
        "长期",
    ),
    *(
        "短期",
        "临时",
        "转行",
        "转",
        "对",
        "看",
        "求",
        "本人",
        "现在",
        "目前",
        "之前",
        "什么",
        "任何",
    ),
)
"""What ends a title to the left."""
