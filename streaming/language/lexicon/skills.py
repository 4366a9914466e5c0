"""Skills that are known without a taxonomy, mostly tools, which carry the same name everywhere."""

ENGLISH = """
Python Java JavaScript TypeScript C++ C# Golang Go Rust Scala Kotlin Swift Ruby PHP Perl R MATLAB
Julia Haskell Erlang Elixir Clojure Dart Lua Objective-C COBOL Fortran SQL NoSQL MySQL PostgreSQL
Postgres Oracle MongoDB Redis Cassandra Elasticsearch Kafka Spark Hadoop Hive Flink Airflow dbt
Snowflake BigQuery Redshift Databricks Docker Kubernetes K8s Terraform Ansible Jenkins Git GitLab
Linux Unix Bash AWS Azure GCP Google_Cloud React React_Native Angular Vue Vue.js Node.js Node Django
Flask FastAPI Spring Spring_Boot Rails Ruby_on_Rails Laravel .NET ASP.NET HTML CSS GraphQL REST
TensorFlow PyTorch Keras scikit-learn Pandas NumPy machine_learning deep_learning computer_vision
natural_language_processing NLP reinforcement_learning data_analysis data_modelling data_modeling
data_visualisation data_visualization data_engineering statistics Tableau Power_BI Looker Excel
PowerPoint Word Microsoft_Office MS_Office VBA SAP Salesforce HubSpot Jira Confluence Figma Sketch
Photoshop Illustrator InDesign After_Effects Premiere Premiere_Pro Final_Cut Blender Maya 3ds_Max
AutoCAD SolidWorks Revit CATIA BIM CNC PLC SCADA Verilog VHDL FPGA Arduino embedded_C ROS Unity
Unreal Unreal_Engine OpenGL Android_Studio Xcode Flutter WordPress Shopify SEO SEM Google_Analytics
Google_Ads Facebook_Ads copywriting content_writing technical_writing proofreading
social_media_marketing email_marketing project_management product_management stakeholder_management
people_management team_leadership leadership negotiation public_speaking presentation communication
customer_service budgeting forecasting financial_modelling financial_modeling bookkeeping payroll
QuickBooks Xero Sage auditing IFRS GAAP tax risk_management compliance supply_chain procurement
inventory_management logistics lean Six_Sigma Agile Scrum Kanban DevOps CI/CD microservices
penetration_testing cybersecurity network_security unit_testing test_automation Selenium Cypress
Playwright Postman QA UX_design UI_design user_research wireframing prototyping graphic_design
video_editing photography translation interpreting welding carpentry plumbing forklift
forklift_driving first_aid phlebotomy patient_care wound_care food_safety barista_skills
cash_handling data_entry touch_typing event_planning fundraising recruitment onboarding coaching
teaching tutoring lesson_planning classroom_management research lab_techniques PCR GIS ArcGIS
SPSS SAS Stata LaTeX LLM LLMs prompt_engineering RAG blockchain Solidity web_scraping ETL
A/B_testing CRM ERP Jupyter Grafana Prometheus RabbitMQ Nginx Helm GitHub_Actions Next.js Svelte
Tailwind jQuery Webpack Express NestJS Symfony Hibernate Maven Gradle WPF Qt CUDA OpenCV XGBoost
"""
CHINESE = """
机器学习 深度学习 计算机视觉 自然语言处理 强化学习 数据分析 数据挖掘 数据建模 数据可视化 数据仓库 大模型
大数据 统计学 统计分析 爬虫 微服务 分布式 高并发 云原生 云计算 嵌入式 单片机 前端开发 自动化测试 性能测试
接口测试 渗透测试 网络安全 信息安全 软件测试 项目管理 产品设计 需求分析 用户研究 交互设计 视觉设计 平面设计
UI设计 室内设计 视频剪辑 剪辑 摄影 摄像 修图 文案 文案写作 文案策划 写作 新媒体运营 短视频运营 社群运营
用户运营 内容运营 活动策划 直播 直播运营 SEO优化 市场推广 品牌推广 市场调研 谈判 商务谈判 沟通 沟通能力
团队管理 客户管理 客户服务 渠道管理 供应链管理 采购 采购管理 仓储管理 库存管理 物流管理 财务分析 财务报表
成本核算 成本控制 税务 税务筹划 报税 记账 审计 出纳 预算管理 风险控制 风控 薪酬管理 绩效管理 招聘 员工关系
培训 办公软件 表格 数据录入 翻译 口译 笔译 同声传译 教学 备课 班级管理 心理咨询 护理 急救 静脉穿刺 焊接 电工
钳工 叉车 叉车驾驶 开叉车 数控编程 数控 模具设计 机械设计 机械制图 电路设计 PCB设计 结构设计 施工管理
工程造价 造价 预算 质量管理 质检 精益生产 电商运营 跨境电商 亚马逊运营 淘宝运营 烘焙 咖啡制作 拉花 中餐烹饪
烹饪 面点 美容 美甲 美发 化妆 收银 驾驶 开车 三维建模 建模 算法 数据结构 操作系统 数据库 网页设计 动画制作
插画 手绘 速写 原画 合同审核 合同管理 法律检索 知识产权 会计 财务软件 用友 金蝶 钉钉 企业微信 公众号运营
"""


def skill_names() -> tuple[str, ...]:
    """Return the names; a blank within one is written as such."""
    return tuple(name.replace("_", " ") for name in (ENGLISH + CHINESE).split())


_CASE_MATTERS = """
Go R Word Node Express Spring Sage Lean Rust REST Helm Dart Swift Sketch Unity Looker Premiere Hive
    IT US LA EU USA EV Nice Reading Bath Cork Essen York Bergen Split Mobile Nancy Tours Orange Hull Rugby Deal Sandwich
    Meta Apple Intel Uber Oracle Visa Target Gap Shell Total Orange Next Boots Three Sky Lush Ford Dell Square Stripe
    Block Box Slack Zoom Indeed Amazon SAP Champion Monster Discovery Delta United Progressive
"""
CASE_MATTERS = frozenset(name.replace("_", " ") for name in _CASE_MATTERS.split())
"""Names that are skills only as they are written here: other words look like them."""
