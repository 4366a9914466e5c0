"""Employers that many people name."""

EMPLOYERS = """
字节跳动 字节 腾讯 阿里巴巴 阿里 百度 京东 美团 拼多多 网易 华为 小米 滴滴 快手 哔哩哔哩 B站 小红书 携程 蚂蚁集团 蚂蚁金服
微软 谷歌 苹果公司 亚马逊 特斯拉 比亚迪 蔚来 理想汽车 小鹏 宁德时代 海康威视 大疆 中兴 联想 海尔 格力 美的集团 富士康 顺丰 平安
中国平安 恒大 碧桂园 万科 新东方 好未来 学而思 商汤 旷视 科大讯飞 360 新浪 搜狐 知乎 饿了么 菜鸟 盒马 海底捞 中国移动 中国电信 中国联通 国家电网 中石油 中石化
Google Amazon Microsoft Apple Meta Facebook Netflix Tesla Uber Airbnb Spotify Oracle IBM Intel Nvidia Siemens Bosch SAP Accenture
Deloitte KPMG PwC EY McKinsey HSBC Barclays JPMorgan Goldman_Sachs Tesco Sainsbury's Walmart Starbucks McDonald's Deliveroo Palantir
ByteDance Tencent Alibaba Huawei Foxconn TikTok Capita Serco G4S Infosys Wipro TCS Cognizant
普华永道 安永 德勤 毕马威 一汽 上汽 广汽 长安汽车 长城汽车 吉利 奇瑞 北汽 中石油 中国石化 中国石油 中建 中铁 中交 中粮 工商银行 建设银行 建行
农业银行 农行 中国银行 招商银行 招行 交通银行 浦发银行 民生银行 平安银行 中国人寿 中国人保 太平洋保险 太保 泰康 链家 贝壳 我爱我家 沃尔玛 家乐福 永辉 麦当劳 肯德基
星巴克 瑞幸 蜜雪冰城 喜茶 中通 圆通 申通 韵达 极兔 德邦 京东方 TCL 海信 长虹 创维 三一重工 三一 徐工 中联重科 药明康德 恒瑞 迈瑞 富士康集团 立讯 舜宇 歌尔 蓝思 OPPO vivo 荣耀
阿里云 支付宝 微信 抖音 虾皮 希音 米哈游 完美世界 猿辅导 作业帮 高途 小鹏汽车 蔚来汽车 华润 万达 融创 保利 龙湖 中信 中金 国家电投 埃森哲 西门子 博世 宝洁 联合利华 强生 辉瑞 索尼 三星 丰田 本田 宝马 奔驰
Glovo Stellantis Deutsche_Bank Volkswagen BMW Mercedes Daimler Toyota Honda Nissan Ford Renault Boeing Airbus Ryanair easyJet Lufthansa Emirates Lidl Aldi IKEA Zara
Inditex H&M Nestlé Nestle Unilever P&G Pfizer Novartis Roche Bayer BASF Shell BP ExxonMobil Chevron Total Equinor Maersk DHL FedEx UPS Hermes Evri Uber_Eats Just_Eat
DoorDash Bolt Grab Gojek Shopee Lazada Klarna Revolut Monzo N26 Wise Stripe PayPal Visa Mastercard Citibank Citi Morgan_Stanley Santander BBVA ING ABN_AMRO UBS Credit_Suisse
Lloyds NatWest Wells_Fargo Bank_of_America BlackRock Vodafone Orange Telefónica Ericsson Nokia Philips ASML Adidas Nike Samsung LG Sony Dell HP Cisco Salesforce Adobe Twitter
Target Costco Home_Depot Marriott Hilton Hyatt KFC Burger_King Subway Greggs Asda Morrisons Boots Capgemini Atos Sopra_Steria BCG Bain Teleperformance Concentrix Randstad Adecco Hays SpaceX
"""
