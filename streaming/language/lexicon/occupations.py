"""Words that titles are made of."""

HEADS = """
engineer developer programmer coder architect designer analyst scientist manager director lead
administrator admin consultant adviser advisor specialist officer coordinator co-ordinator assistant
associate executive representative rep technician mechanic electrician plumber carpenter welder
machinist operator driver courier rider picker packer labourer laborer builder bricklayer painter
roofer cleaner housekeeper janitor caretaker porter guard nurse doctor physician surgeon dentist
pharmacist physiotherapist therapist paramedic midwife carer caregiver vet veterinarian teacher
tutor lecturer professor instructor trainer coach librarian researcher chemist biologist physicist
accountant bookkeeper auditor actuary underwriter broker trader banker teller cashier clerk
receptionist secretary typist lawyer solicitor barrister attorney paralegal translator interpreter
writer copywriter editor journalist reporter author photographer videographer animator illustrator
artist musician producer presenter chef cook baker barista bartender waiter waitress server butcher
salesperson salesman saleswoman merchandiser buyer planner scheduler strategist marketer recruiter
negotiator surveyor estimator inspector tester controller supervisor foreman superintendent
hairdresser barber beautician stylist tailor florist gardener landscaper farmer fisherman pilot
steward stewardess firefighter policeman counsellor counselor psychologist statistician economist
mathematician geologist curator archivist dispatcher intern apprentice trainee nanny au_pair
babysitter childminder handler installer fitter worker agent owner master sysadmin dba sre
owner partner generalist evangelist support concierge optician hygienist radiographer sonographer
phlebotomist dietitian nutritionist podiatrist audiologist optometrist head chief cto cfo
"""
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
NOT_MODIFIERS = """
a an the as for of in at to by on with and or nor but not no any some my your our their his her its
i i'm im i'd i've i'll am is are be been being was were it this that these those who which where when
want wants wanted wish hope hoping like prefer preferably ideally looking look seeking seek search
searching find finding need needs get getting become becoming be work working works worked job jobs
role roles position positions post posts opening openings vacancy vacancies career gig gigs
opportunity opportunities remote remotely hybrid on-site onsite office-based full-time part-time
full time part permanent temporary contract contractor freelance internship based only must should would
could can may might will shall just maybe perhaps something anything interested ideal next new other
another good great nice decent open available after from since until before start starting than more
less least most years year months month week weeks day days per about around over under between
experience experienced as both either me please hire hiring apply applying into using use via without
except avoid hate never don't dont doesn't isn't also plus then so if because while though although
currently current former previously being have has had having do does did want's paid well-paid
salary pay anywhere everywhere there here preferred fluent no-code ideally, consider considering
considered would've within outside near nearby around ok okay fine love loves enjoy really very
us uk evening evenings weekend weekends night nights morning flexible
"""
"""Words that are no part of a title, before its head."""

CHINESE_HEADS = """
工程师 架构师 程序员 开发 设计师 分析师 科学家 研究员 产品经理 项目经理 客户经理 运营经理 市场经理
销售经理 大堂经理 店长 经理 总监 主管 主任 专员 助理 顾问 代表 专家 技术员 技工 电工 焊工 钳工 木工 瓦工
水电工 维修工 普工 操作工 质检员 检验员 仓管员 仓库管理员 仓管 库管 理货员 分拣员 搬运工 司机 快递员 外卖员 骑手
保安 保洁 保洁员 保姆 月嫂 育儿嫂 护工 护士 护士长 医生 医师 药师 药剂师 牙医 康复师 治疗师 营养师 心理咨询师
教师 老师 讲师 教授 家教 辅导员 班主任 教练 培训师 会计 出纳 审计 审计师 精算师 柜员 收银员 收银 文员 前台
秘书 行政 行政专员 人事 人事专员 律师 法务 法务专员 翻译 编辑 记者 编剧 作家 文案 策划 摄影师 摄像师 剪辑师
后期 动画师 插画师 画师 原画师 美工 美术 主播 演员 导演 厨师 厨师长 面点师 烘焙师 咖啡师 调酒师 服务员 传菜员
营业员 导购 导购员 售货员 店员 销售 销售员 业务员 推销员 采购 采购员 跟单员 跟单 单证员 报关员 客服 客服专员
运营 新媒体运营 产品运营 用户运营 市场专员 市场营销 市场 公关 招聘专员 招聘 测试 测试员 运维 算法 前端 后端 后台开发
全栈 美容师 美发师 理发师 化妆师 美甲师 造型师 园艺师 园丁 农艺师 飞行员 空姐 空乘 乘务员 警察 消防员
社工 社区工作者 心理医生 兽医 测绘员 造价师 预算员 造价员 监理 施工员 资料员 安全员 建造师 质量工程师 数据标注员
标注员 录入员 话务员 电话客服 调度员 管培生 储备干部 合伙人 幼师 育婴师 保育员 数据分析 数据录入 数据标注 带货主播
产品 设计 UI 平面设计 室内设计 嵌入式 爬虫 机械设计 电商运营 短视频运营 直播运营 游戏策划 家政 店铺运营 教务 销售代表
药代 医药代表 叉车工 叉车司机 数控操作工 学徒 网管 网络管理员 管理员 讲解员 导游 礼仪 配送员 送餐员 后厨 厨工 洗碗工
"""
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


def words(table: str) -> tuple[str, ...]:
    """Return the entries of a table; a blank within one is written as such."""
    return tuple(dict.fromkeys(name.replace("_", " ") for name in table.split()))
