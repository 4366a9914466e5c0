"""Occupations in sales, marketing and customer service."""

from infra.simulator.vocabulary.occupation import occupation

COMMERCE = (
    occupation(
        "sales",
        names="销售 = sales",
        titles_zh="销售代表; 销售经理; 大客户经理; 区域销售经理; 电话销售",
        titles_en="Sales Representative; Sales Manager; Key Account Manager; Area Sales Manager;"
        "Inside Sales Executive",
        skills="销售 = sales; 客户开发 = client acquisition; 商务谈判 = negotiation;"
        "大客户销售 = key account management; 渠道管理 = channel management; CRM = CRM;"
        "电话销售 = telephone sales; 合同签订 = closing deals; 市场拓展 = business development;"
        "回款管理 = receivables; 销售技巧 = sales training",
        tasks_zh="开发新客户并维护老客户; 完成月度和季度销售指标; 进行商务谈判和合同签订;"
        "收集市场信息; 跟进回款",
        tasks_en="win new customers and keep the old ones; reach quarterly targets;"
        "negotiate and close contracts; report what the market says; travel in the region",
        near="marketing customer_service bank_adviser",
        industries="retail manufacturing software finance",
        salary=(12000, 38000),
        education=1,
    ),
    occupation(
        "marketing",
        names="市场营销 = marketing",
        titles_zh="市场专员; 市场营销经理; 新媒体运营; 品牌经理; 电商运营",
        titles_en="Marketing Manager; Social Media Manager; Brand Manager; Content Marketer;"
        "Online Marketing Specialist",
        skills="市场营销 = marketing; 品牌推广 = brand management; 新媒体运营 = social media;"
        "内容策划 = content marketing; 活动策划 = event planning; SEO = SEO;"
        "广告投放 = online advertising; 文案 = copywriting; 短视频运营 = video marketing;"
        "电商运营 = e-commerce; 竞品分析 = competitor analysis; 市场调研 = market research",
        tasks_zh="制定品牌推广方案并落地; 运营公众号和短视频账号; 策划线上线下活动;"
        "管理广告投放和预算; 撰写营销文案",
        tasks_en="plan campaigns and bring them to life; run our social channels;"
        "organise events and trade fairs; manage the advertising budget;"
        "write copy that people read",
        near="sales designer product_manager",
        industries="media retail software",
        salary=(13000, 40000),
        education=2,
    ),
    occupation(
        "customer_service",
        names="客户服务 = customer service",
        titles_zh="客服专员; 在线客服; 售后客服; 客户服务主管; 呼叫中心坐席",
        titles_en="Customer Service Agent; Call Centre Agent; Customer Support Specialist;"
        "After-Sales Adviser; Customer Care Team Leader",
        skills="客户服务 = customer service; 投诉处理 = complaint handling; 呼叫中心 = call centre;"
        "在线客服 = live chat support; 售后服务 = after-sales service; 沟通能力 = communication;"
        "普通话 = telephone manner; 订单处理 = order processing; CRM = CRM;"
        "打字速度 = typing; 工单系统 = ticketing systems",
        tasks_zh="接听客户来电并解答问题; 处理投诉和售后; 记录并跟进工单; 整理常见问题;"
        "提高客户满意度",
        tasks_en="answer customers by telephone, mail and chat; settle complaints fairly;"
        "follow tickets to the end; collect common questions; help colleagues in sales",
        near="sales translator hotel_service hr",
        industries="retail finance software logistics",
        salary=(6500, 25000),
        education=0,
    ),
    occupation(
        "designer",
        names="平面设计 = graphic design",
        titles_zh="平面设计师; UI设计师; 视觉设计师; 电商美工; 插画师",
        titles_en="Graphic Designer; UI Designer; Visual Designer; Illustrator; Layout Artist",
        skills="平面设计 = graphic design; Photoshop = Photoshop; 视觉设计 = visual design;"
        "Illustrator = Illustrator; UI设计 = UI design; 排版 = typography; 插画 = illustration;"
        "包装设计 = packaging design; 交互设计 = interaction design; 品牌设计 = corporate identity;"
        "摄影修图 = photo retouching; 原型设计 = prototyping",
        tasks_zh="完成海报, 画册和包装设计; 设计网页和应用界面; 制作活动视觉物料; 修图和排版;"
        "维护品牌视觉规范",
        tasks_en="design posters, brochures and packaging; draw screens for web and app;"
        "prepare artwork for print; retouch photographs; look after the brand's appearance",
        near="marketing frontend architect",
        industries="media retail software",
        salary=(11000, 33000),
        education=1,
    ),
)
