"""Employers that many people name."""

EMPLOYERS = """
字节跳动 字节 腾讯 阿里巴巴 阿里 百度 京东 美团 拼多多 网易 华为 小米 滴滴 快手 哔哩哔哩 B站 小红书 携程 蚂蚁集团 蚂蚁金服
微软 谷歌 苹果公司 亚马逊 特斯拉 比亚迪 蔚来 理想汽车 小鹏 宁德时代 海康威视 大疆 中兴 联想 海尔 格力 美的 富士康 顺丰 平安
中国平安 恒大 碧桂园 万科 新东方 好未来 学而思 商汤 旷视 科大讯飞 360 新浪 搜狐 知乎 饿了么 菜鸟 盒马 海底捞 中国移动 中国电信 中国联通 国家电网 中石油 中石化
Google Amazon Microsoft Apple Meta Facebook Netflix Tesla Uber Airbnb Spotify Oracle IBM Intel Nvidia Siemens Bosch SAP Accenture
Deloitte KPMG PwC EY McKinsey HSBC Barclays JPMorgan Goldman_Sachs Tesco Sainsbury's Walmart Starbucks McDonald's Deliveroo Palantir
ByteDance Tencent Alibaba Huawei Foxconn TikTok Capita Serco G4S Infosys Wipro TCS Cognizant
"""
