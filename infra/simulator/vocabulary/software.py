"""Occupations in software and data."""

from infra.simulator.vocabulary.occupation import occupation

SOFTWARE = (
    occupation(
        "java_backend",
        names="Java后端开发 = Java backend development",
        titles_zh="Java开发工程师; Java后端工程师; 后端开发工程师; Java软件工程师;"
        "后端研发工程师(Java)",
        titles_en="Java Developer; Java Backend Engineer; Backend Developer;"
        "Java Software Engineer;"
        "Backend Engineer (Java)",
        skills="软件开发 = software development; Java开发 = Java development;"
        "Spring框架 = Spring Framework; Spring Boot = Spring Boot; 微服务 = microservices;"
        "后端开发 = backend development; MySQL = MySQL; Redis = Redis; JVM调优 = JVM tuning;"
        "MyBatis = Hibernate; 消息队列 = message queues; 分布式系统 = distributed systems;"
        "SQL = SQL; Git = Git; Linux = Linux",
        tasks_zh="负责核心交易系统的后端开发与维护; 设计和实现高并发的微服务接口;"
        "优化数据库查询和缓存策略; 参与系统架构设计与代码评审; 排查线上问题并进行JVM性能调优;"
        "编写单元测试和技术文档",
        tasks_en="build and run the backend of our ordering platform;"
        "design microservice interfaces that stay fast under load;"
        "tune queries, caches and the JVM; review code and shape the architecture;"
        "trace production problems to their cause; write unit tests and technical documentation",
        near="devops tester android frontend",
        industries="software finance retail logistics",
        salary=(22000, 58000),
        education=2,
    ),
    occupation(
        "frontend",
        names="前端开发 = frontend development",
        titles_zh="前端开发工程师; Web前端工程师; 前端工程师(Vue); React前端工程师; H5开发工程师",
        titles_en="Frontend Developer; Web Developer; React Developer; Frontend Engineer (Vue);"
        "JavaScript Developer",
        skills="前端开发 = frontend development; JavaScript = JavaScript; Vue框架 = Vue.js;"
        "React = React; TypeScript = TypeScript; HTML5 = HTML5; CSS3 = CSS;"
        "小程序开发 = progressive web apps; 响应式布局 = responsive design; Node.js = Node.js;"
        "前端性能优化 = web performance; 软件开发 = software development; Git = Git",
        tasks_zh="负责网站和小程序的前端页面开发; 与设计师配合还原交互效果; 封装通用的前端组件库;"
        "优化首屏加载速度和用户体验; 解决不同浏览器的兼容问题",
        tasks_en="build the pages our customers use every day;"
        "turn designs into accessible components; maintain a shared component library;"
        "make first load fast on slow phones; test across browsers and devices",
        near="java_backend android designer product_manager",
        industries="software retail media",
        salary=(19000, 50000),
        education=2,
    ),
    occupation(
        "data_scientist",
        names="数据科学 = data science",
        titles_zh="数据科学家; 数据分析师; 数据分析专员; 数据挖掘工程师; 商业数据分析师",
        titles_en="Data Scientist; Data Analyst; Analytics Specialist; Data Mining Engineer;"
        "Applied Statistician",
        skills="数据分析 = data analysis; 数据挖掘 = data mining; 统计建模 = statistical modelling;"
        "Python = Python; SQL = SQL; 数据可视化 = data visualisation; Pandas = pandas;"
        "A/B测试 = A/B testing; 机器学习 = machine learning; Hive = Hive; Spark = Spark;"
        "用户画像 = customer segmentation; Excel = Excel",
        tasks_zh="从业务数据中发现增长机会; 搭建指标体系和数据看板; 设计A/B测试并解读结果;"
        "建立用户流失预测模型; 向业务部门汇报分析结论",
        tasks_en="find out from data where we can grow; build dashboards that people trust;"
        "design experiments and read their results; model which customers leave and why;"
        "present findings to the business",
        near="ml_engineer product_manager",
        industries="software finance retail",
        salary=(21000, 54000),
        education=3,
    ),
    occupation(
        "ml_engineer",
        names="机器学习 = machine learning engineering",
        titles_zh="机器学习工程师; 算法工程师; 深度学习工程师; 自然语言处理算法工程师;"
        "推荐算法工程师",
        titles_en="Machine Learning Engineer; Deep Learning Engineer; NLP Engineer;"
        "Recommender Systems Engineer; Applied Scientist",
        skills="机器学习 = machine learning; 深度学习 = deep learning; 算法工程 = ML algorithms;"
        "PyTorch = PyTorch; TensorFlow = TensorFlow; 自然语言处理 = natural language processing;"
        "推荐系统 = recommender systems; 计算机视觉 = computer vision; Python = Python;"
        "大模型 = large language models; Spark = Spark; Linux = Linux; C++ = C++",
        tasks_zh="训练并上线推荐排序模型; 研究自然语言处理和大模型的应用; 优化模型推理的速度;"
        "搭建特征平台和训练流水线; 跟踪前沿算法并落地到业务",
        tasks_en="train ranking models and bring them to production;"
        "apply language models to search and support; make inference cheap and quick;"
        "build feature and training pipelines; read papers and try what they claim",
        near="data_scientist java_backend",
        industries="software life_science manufacturing",
        salary=(30000, 65000),
        education=3,
    ),
    occupation(
        "devops",
        names="运维开发 = DevOps",
        titles_zh="运维开发工程师; DevOps工程师; 系统运维工程师; 云平台工程师; SRE工程师",
        titles_en="DevOps Engineer; Site Reliability Engineer; Cloud Engineer;"
        "Platform Engineer; Systems Administrator",
        skills="运维 = operations; Kubernetes = Kubernetes; 持续集成 = continuous integration;"
        "Docker = Docker; Linux = Linux; 云计算 = cloud computing; Shell脚本 = shell scripting;"
        "监控告警 = monitoring; Ansible = Ansible; Nginx = Nginx; Terraform = Terraform;"
        "Git = Git; Python = Python",
        tasks_zh="维护容器平台和持续集成流水线; 建设监控告警和日志系统; 编写自动化运维脚本;"
        "保障线上服务的稳定性; 管理云资源并控制成本",
        tasks_en="run our container platform and build pipelines; keep monitoring useful and quiet;"
        "automate whatever is done twice; be on call one week in six;"
        "keep an eye on cloud spending",
        near="java_backend tester",
        industries="software finance energy",
        salary=(21000, 59000),
        education=2,
    ),
    occupation(
        "tester",
        names="软件测试 = software testing",
        titles_zh="软件测试工程师; 测试开发工程师; 自动化测试工程师; 功能测试工程师; QA工程师",
        titles_en="Software Tester; Test Automation Engineer; QA Engineer; Test Analyst;"
        "Software Development Engineer in Test",
        skills="软件测试 = software testing; 自动化测试 = test automation; 测试用例 = test cases;"
        "Selenium = Selenium; 接口测试 = API testing; 性能测试 = performance testing;"
        "缺陷管理 = defect tracking; JMeter = JMeter; 功能测试 = functional testing;"
        "SQL = SQL; Linux = Linux; Python = Python",
        tasks_zh="编写和执行测试用例; 搭建自动化测试框架; 进行接口和性能测试;"
        "跟踪缺陷并推动修复; 参与需求评审, 制定测试计划",
        tasks_en="write and run test cases; build the test automation framework;"
        "test interfaces and measure performance; follow defects until they are fixed;"
        "review requirements and plan the tests",
        near="java_backend devops android",
        industries="software finance manufacturing",
        salary=(15000, 42000),
        education=2,
    ),
    occupation(
        "android",
        names="移动开发 = mobile development",
        titles_zh="Android开发工程师; 安卓工程师; 移动端开发工程师; Kotlin开发工程师;"
        "Flutter开发工程师",
        titles_en="Android Developer; Mobile Developer; Kotlin Developer; Flutter Developer;"
        "Mobile App Engineer",
        skills="Android开发 = Android development; Kotlin = Kotlin; 移动开发 = mobile development;"
        "Flutter = Flutter; Android Studio = Android Studio; Jetpack = Jetpack Compose;"
        "Java开发 = Java development; 软件开发 = software development; NDK = NDK;"
        "性能优化 = app performance; iOS = iOS; Git = Git",
        tasks_zh="负责安卓客户端的功能开发; 优化应用的启动速度和内存占用; 对接后端接口和第三方SDK;"
        "维护应用市场的版本发布; 处理崩溃日志和用户反馈",
        tasks_en="develop our Android app from sketch to store; cut start-up time and memory;"
        "connect the app to our services; prepare releases for the app stores;"
        "read crash reports and user feedback",
        near="java_backend frontend tester",
        industries="software retail media",
        salary=(20000, 52000),
        education=2,
    ),
    occupation(
        "product_manager",
        names="产品经理 = product management",
        titles_zh="产品经理; 互联网产品经理; 数据产品经理; B端产品经理; 产品负责人",
        titles_en="Product Manager; Product Owner; Digital Product Manager; Data Product Manager;"
        "Technical Product Manager",
        skills="产品设计 = product design; 需求分析 = requirements analysis;"
        "产品规划 = product roadmap; 原型设计 = prototyping; Axure = Figma;"
        "用户研究 = user research; 竞品分析 = competitor analysis; 项目管理 = project management;"
        "敏捷开发 = agile methods; 数据分析 = data analysis; 沟通协调 = stakeholder management",
        tasks_zh="负责产品规划和需求分析; 输出原型和产品文档; 推动研发, 设计和测试按期交付;"
        "进行用户访谈和竞品分析; 通过数据持续改进产品",
        tasks_en="own the roadmap and its priorities; talk to users every week;"
        "write requirements that engineers can build from; compare us with competitors;"
        "measure what a release has changed",
        near="data_scientist frontend marketing",
        industries="software finance retail",
        salary=(21000, 60000),
        education=2,
    ),
)
