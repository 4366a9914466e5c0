"""Occupations in machines and construction."""

from infra.simulator.vocabulary.occupation import occupation

ENGINEERING = (
    occupation(
        "mechanical_engineer",
        names="机械工程 = mechanical engineering",
        titles_zh="机械工程师; 机械设计工程师; 结构工程师(机械); 非标设备工程师; 模具工程师",
        titles_en="Mechanical Engineer; Design Engineer; Machine Designer; Tooling Engineer;"
        "Product Development Engineer",
        skills="机械设计 = mechanical design; SolidWorks = SolidWorks;"
        "机械制图 = technical drawing;"
        "AutoCAD = AutoCAD; 有限元分析 = finite element analysis; 非标设计 = special machinery;"
        "模具设计 = tool design; 公差分析 = tolerances; 材料力学 = materials science;"
        "数控加工 = CNC machining; 工艺改进 = process improvement",
        tasks_zh="负责设备的机械结构设计; 绘制三维模型和工程图; 选型和计算零部件;"
        "跟进样机装配和调试; 改进生产工艺",
        tasks_en="design machines and their parts; draw models and production drawings;"
        "calculate loads and choose components; see prototypes through assembly;"
        "improve how things are made",
        near="electrical_engineer welder",
        industries="manufacturing energy",
        salary=(13000, 42000),
        education=2,
    ),
    occupation(
        "electrical_engineer",
        names="电气工程 = electrical engineering",
        titles_zh="电气工程师; 自动化工程师; PLC工程师; 硬件工程师; 电力工程师",
        titles_en="Electrical Engineer; Automation Engineer; PLC Programmer; Electronics Engineer;"
        "Power Systems Engineer",
        skills="电气设计 = electrical design; PLC编程 = PLC programming; 自动化 = automation;"
        "电路设计 = circuit design; EPLAN = EPLAN; 变频器 = drives; 嵌入式 = embedded systems;"
        "高低压配电 = power distribution; 单片机 = microcontrollers; AutoCAD = AutoCAD;"
        "仪器仪表 = instrumentation; C++ = C++",
        tasks_zh="设计电气原理图和控制柜; 编写和调试PLC程序; 负责现场安装与调试;"
        "选型电气元器件; 处理设备电气故障",
        tasks_en="draw circuits and control cabinets; program and commission PLCs;"
        "start up plants on site; choose components; find faults in running machines",
        near="mechanical_engineer electrician",
        industries="manufacturing energy construction",
        salary=(14000, 45000),
        education=2,
    ),
    occupation(
        "civil_engineer",
        names="土木工程 = civil engineering",
        titles_zh="土木工程师; 施工员; 结构设计师; 工程造价员; 项目经理(建筑)",
        titles_en="Civil Engineer; Site Engineer; Structural Engineer; Quantity Surveyor;"
        "Construction Project Manager",
        skills="土木工程 = civil engineering; 施工管理 = site management;"
        "工程造价 = cost estimation;"
        "结构设计 = structural design; 建造师证 = chartered engineer; 工程测量 = surveying;"
        "混凝土 = concrete; 道路桥梁 = roads and bridges; 安全管理 = site safety;"
        "AutoCAD = AutoCAD; BIM = BIM; 项目管理 = project management",
        tasks_zh="负责施工现场的技术管理; 编制施工方案和进度计划; 核算工程量与造价;"
        "检查工程质量和安全; 协调各分包单位",
        tasks_en="run the technical side of a building site; plan methods and schedules;"
        "estimate quantities and costs; check quality and safety; coordinate subcontractors",
        near="architect",
        industries="construction energy",
        salary=(13000, 42000),
        education=2,
    ),
    occupation(
        "architect",
        names="建筑设计 = architecture",
        titles_zh="建筑设计师; 建筑师; 室内设计师; 景观设计师; BIM建筑师",
        titles_en="Architect; Interior Designer; Landscape Architect; BIM Architect;"
        "Architectural Technologist",
        skills="建筑设计 = architecture; 建筑师资格 = registered architect;"
        "方案设计 = concept design;"
        "Revit = Revit; SketchUp = SketchUp; 施工图 = construction drawings;"
        "室内设计 = interior design; 景观设计 = landscape design; 效果图 = renderings; BIM = BIM;"
        "AutoCAD = AutoCAD; 城市规划 = urban planning",
        tasks_zh="完成建筑方案和施工图设计; 建立三维模型和效果图; 与甲方和施工方沟通;"
        "参与项目投标; 控制设计质量",
        tasks_en="design buildings from sketch to detail; model and render;"
        "talk with clients and builders; prepare tenders; supervise work on site",
        near="civil_engineer designer",
        industries="construction",
        salary=(15000, 43000),
        education=3,
    ),
)
