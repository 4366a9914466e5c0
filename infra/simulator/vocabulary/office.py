"""Occupations in finance, law, personnel and language."""

from infra.simulator.vocabulary.occupation import occupation

OFFICE = (
    occupation(
        "accountant",
        names="会计 = accounting",
        titles_zh="会计; 总账会计; 财务会计; 成本会计; 应收应付会计; 会计主管",
        titles_en="Accountant; General Ledger Accountant; Financial Accountant; Cost Accountant;"
        "Management Accountant; Accounts Payable Clerk",
        skills="会计 = accounting; 财务报表 = financial statements; 税务 = tax;"
        "总账 = general ledger;"
        "成本核算 = cost accounting; 应收应付 = accounts payable and receivable;"
        "用友 = SAP FI; 金蝶 = DATEV; 预算管理 = budgeting; 财务分析 = financial analysis;"
        "初级会计职称 = bookkeeping certificate; 凭证录入 = bookkeeping; Excel = Excel",
        tasks_zh="负责日常账务处理和凭证审核; 编制月度和年度财务报表; 完成成本核算与分析;"
        "办理纳税申报和发票管理; 核对往来账款; 配合年度审计",
        tasks_en="keep the general ledger and check vouchers;"
        "prepare monthly and annual financial statements; work out what our products cost;"
        "file returns and handle invoices; reconcile accounts; support the annual audit",
        near="auditor tax_adviser bank_adviser",
        industries="consulting manufacturing retail construction",
        salary=(9000, 36000),
        education=2,
    ),
    occupation(
        "tax_adviser",
        names="税务顾问 = tax advice",
        titles_zh="税务专员; 税务会计; 税务经理; 税务顾问; 税务筹划师",
        titles_en="Tax Adviser; Tax Accountant; Tax Manager; Tax Consultant; VAT Specialist",
        skills="税务筹划 = tax planning; 纳税申报 = tax returns; 税务师 = chartered tax adviser;"
        "税法 = tax law; 增值税 = VAT; 企业所得税 = corporate tax; 税务 = tax;"
        "转让定价 = transfer pricing; 汇算清缴 = tax compliance; 发票管理 = invoicing;"
        "财务报表 = financial statements; Excel = Excel",
        tasks_zh="负责企业各税种的申报与缴纳; 为客户提供税务筹划方案; 完成企业所得税汇算清缴;"
        "研究税收政策并评估风险; 与税务机关沟通协调",
        tasks_en="prepare and file company tax returns; advise clients on tax planning;"
        "assess the risk of cross-border deals; follow changes in tax law;"
        "answer questions from the tax office",
        near="accountant auditor lawyer",
        industries="consulting finance manufacturing",
        salary=(12000, 45000),
        education=2,
    ),
    occupation(
        "auditor",
        names="审计 = auditing",
        titles_zh="审计员; 内部审计专员; 审计经理; 审计项目经理; 风控审计师",
        titles_en="Auditor; Internal Auditor; Audit Associate; Audit Manager; IT Auditor",
        skills="审计 = auditing; 内部控制 = internal controls; 注册会计师 = chartered accountant;"
        "审计底稿 = audit working papers; 风险评估 = risk assessment; 合规 = compliance;"
        "抽样检查 = sampling; 财务报表 = financial statements; 会计准则 = IFRS;"
        "尽职调查 = due diligence; 会计 = accounting; Excel = Excel",
        tasks_zh="执行年度财务报表审计; 编写审计底稿和审计报告; 评价内部控制的有效性;"
        "开展专项审计和风险评估; 跟进整改情况",
        tasks_en="audit annual accounts on site; write working papers and the report;"
        "test whether controls work; assess risks and plan the year;"
        "follow up on what was found",
        near="accountant tax_adviser",
        industries="consulting finance",
        salary=(12000, 44000),
        education=2,
    ),
    occupation(
        "bank_adviser",
        names="银行客户经理 = banking advice",
        titles_zh="银行客户经理; 理财顾问; 对公客户经理; 信贷专员; 银行柜员",
        titles_en="Bank Adviser; Personal Banking Adviser; Corporate Client Manager;"
        "Credit Officer;"
        "Bank Clerk",
        skills="银行业务 = retail banking; 理财 = investment advice; 信贷 = lending;"
        "客户经理 = relationship management; 风险管理 = credit risk; 基金 = funds;"
        "保险 = insurance; 反洗钱 = anti-money laundering; 客户开发 = client acquisition;"
        "柜台服务 = counter service; 财务分析 = financial analysis",
        tasks_zh="维护和开发个人及企业客户; 为客户制定理财方案; 受理贷款申请并进行贷前调查;"
        "防范信贷风险; 完成网点业务指标",
        tasks_en="advise customers on saving and investing; examine loan applications;"
        "win new customers for the branch; keep an eye on credit risk;"
        "look after a portfolio of corporate clients",
        near="accountant sales",
        industries="finance",
        salary=(12000, 38000),
        education=2,
    ),
    occupation(
        "lawyer",
        names="律师法务 = legal",
        titles_zh="律师; 法务专员; 法务经理; 公司法律顾问; 律师助理",
        titles_en="Lawyer; Legal Counsel; Solicitor; Paralegal; Contract Manager",
        skills="法务 = legal counsel; 合同审核 = contract law; 诉讼 = litigation;"
        "律师执业证 = admission to the bar; 公司法 = company law; 劳动法 = employment law;"
        "知识产权 = intellectual property; 法律文书 = legal drafting; 合规 = compliance;"
        "尽职调查 = due diligence; 数据保护 = data protection",
        tasks_zh="起草和审核各类合同; 处理诉讼和仲裁案件; 为业务部门提供法律意见;"
        "管理商标和专利; 开展法律风险培训",
        tasks_en="draft and negotiate contracts; represent us in disputes;"
        "give the business advice it can use; look after trade marks and patents;"
        "train colleagues in data protection",
        near="tax_adviser hr",
        industries="consulting finance software",
        salary=(16000, 56000),
        education=3,
    ),
    occupation(
        "hr",
        names="人力资源 = human resources",
        titles_zh="人力资源专员; 招聘专员; 薪酬绩效专员; 人力资源业务伙伴HRBP; 人事主管",
        titles_en="HR Specialist; Recruiter; HR Business Partner; Payroll Specialist;"
        "Talent Acquisition Manager",
        skills="人力资源 = human resources; 招聘 = recruiting;"
        "薪酬绩效 = compensation and benefits;"
        "员工关系 = employee relations; 培训发展 = training and development; 社保 = payroll;"
        "绩效考核 = performance reviews; 入离职办理 = onboarding; 劳动法 = employment law;"
        "组织发展 = organisational development; 沟通协调 = stakeholder management",
        tasks_zh="负责招聘渠道和面试安排; 核算工资和缴纳社保; 组织员工培训; 推进绩效考核;"
        "处理员工关系和入离职手续",
        tasks_en="find and interview candidates; run payroll without mistakes;"
        "organise training; guide managers through performance reviews; welcome new colleagues",
        near="lawyer teacher customer_service",
        industries="consulting software manufacturing retail",
        salary=(10000, 38000),
        education=2,
    ),
    occupation(
        "translator",
        names="翻译 = translation",
        titles_zh="英语翻译; 翻译专员; 商务口译; 本地化译员; 技术文档翻译",
        titles_en="Translator; Interpreter; Localisation Specialist; Technical Translator;"
        "Chinese and English Translator",
        skills="翻译 = translation; 口译 = interpreting; 笔译 = written translation;"
        "英语 = English; 本地化 = localisation; 校对 = proofreading; Trados = Trados;"
        "术语管理 = terminology; 同声传译 = simultaneous interpreting; 字幕翻译 = subtitling;"
        "商务英语 = business English",
        tasks_zh="翻译技术文档和合同; 担任商务会议口译; 校对译文并维护术语库;"
        "完成软件和网站的本地化; 翻译视频字幕",
        tasks_en="translate manuals and contracts; interpret at meetings;"
        "proofread and keep our terminology; localise software and websites; subtitle films",
        near="teacher customer_service",
        industries="media education consulting",
        salary=(10000, 32000),
        education=2,
    ),
    occupation(
        "teacher",
        names="教师 = teaching",
        titles_zh="中学数学教师; 小学语文教师; 英语教师; 高中物理教师; 班主任老师",
        titles_en="Mathematics Teacher; Primary School Teacher; English Teacher; Science Teacher;"
        "Secondary School Teacher",
        skills="教学 = teaching; 教师资格证 = teaching qualification; 备课 = lesson planning;"
        "课堂管理 = classroom management; 班主任 = form tutoring; 数学教学 = mathematics;"
        "语文教学 = literacy; 英语 = English; 家校沟通 = parent meetings; 命题阅卷 = assessment;"
        "在线教学 = online teaching; 课件制作 = teaching materials",
        tasks_zh="承担课堂教学和备课; 管理班级并与家长沟通; 批改作业和命题; 制作多媒体课件;"
        "参加教研活动",
        tasks_en="plan and teach lessons; lead a form and talk to parents;"
        "mark work and set examinations; prepare teaching materials; take part in school projects",
        near="kindergarten translator hr",
        industries="education",
        salary=(10000, 35000),
        education=3,
    ),
    occupation(
        "kindergarten",
        names="幼儿教师 = early childhood education",
        titles_zh="幼儿园教师; 幼教老师; 幼儿园保育员; 早教老师; 幼儿园主班老师",
        titles_en="Kindergarten Teacher; Nursery Nurse; Early Years Practitioner; Childcare Worker;"
        "Preschool Teacher",
        skills="幼儿教育 = early childhood education; 保育 = childcare; 早教 = early years;"
        "幼师资格证 = nursery qualification; 游戏教学 = play-based learning;"
        "绘本阅读 = storytelling;"
        "手工美术 = arts and crafts; 舞蹈钢琴 = music and dance; 家校沟通 = parent meetings;"
        "儿童安全 = child safety; 急救 = first aid",
        tasks_zh="组织幼儿的一日活动; 观察并记录孩子的成长; 设计游戏和手工课程; 与家长保持沟通;"
        "保障幼儿的安全与健康",
        tasks_en="shape the day of a group of children; watch and note how they grow;"
        "plan games, songs and crafts; talk to parents at the door; keep children safe and healthy",
        near="teacher nurse",
        industries="education",
        salary=(6000, 25000),
        education=1,
    ),
)
