"""Places that are known without a catalogue: large cities, regions and countries."""

ENGLISH = """
London Manchester Birmingham Leeds Glasgow Edinburgh Bristol Liverpool Sheffield Cardiff Belfast
Newcastle Nottingham Leicester Cambridge Oxford Brighton Southampton Portsmouth York Reading Bath
Exeter Norwich Aberdeen Dundee Swansea Plymouth Coventry Milton_Keynes Dublin Cork Galway Limerick
Paris Lyon Marseille Toulouse Nice Bordeaux Lille Nantes Strasbourg Montpellier Berlin Munich
Hamburg Frankfurt Cologne Stuttgart Düsseldorf Dusseldorf Leipzig Dresden Hanover Nuremberg Bremen
Essen Dortmund Bonn Karlsruhe Heidelberg Freiburg Vienna Graz Linz Salzburg Innsbruck Zurich Zürich
Geneva Basel Bern Lausanne Amsterdam Rotterdam Utrecht Eindhoven The_Hague Groningen Brussels
Antwerp Ghent Leuven Luxembourg Madrid Barcelona Valencia Seville Bilbao Malaga Málaga Zaragoza
Lisbon Porto Braga Rome Milan Turin Naples Florence Bologna Venice Genoa Verona Athens Thessaloniki
Copenhagen Aarhus Stockholm Gothenburg Malmö Malmo Oslo Bergen Trondheim Helsinki Tampere Espoo
Tallinn Riga Vilnius Warsaw Krakow Kraków Wroclaw Wrocław Gdansk Gdańsk Poznan Poznań Lodz Prague
Brno Bratislava Budapest Bucharest Cluj Sofia Belgrade Zagreb Ljubljana Kyiv Lviv Istanbul Ankara
Izmir Moscow Saint_Petersburg New_York New_York_City NYC Brooklyn Manhattan Boston Chicago
San_Francisco Los_Angeles LA San_Diego San_Jose Seattle Portland Austin Dallas Houston San_Antonio
Denver Boulder Phoenix Atlanta Miami Orlando Tampa Charlotte Raleigh Durham Nashville Memphis
Philadelphia Pittsburgh Washington Washington_DC Baltimore Detroit Minneapolis Cleveland Columbus
Cincinnati Indianapolis St_Louis Kansas_City Salt_Lake_City Las_Vegas Sacramento Oakland
Silicon_Valley Bay_Area Palo_Alto Mountain_View Honolulu Toronto Vancouver Montreal Montréal Ottawa
Calgary Edmonton Quebec Winnipeg Waterloo Mexico_City Guadalajara Monterrey São_Paulo Sao_Paulo
Rio_de_Janeiro Buenos_Aires Santiago Bogotá Bogota Medellín Medellin Lima Quito Montevideo Sydney
Melbourne Brisbane Perth Adelaide Canberra Auckland Wellington Christchurch Tokyo Osaka Kyoto Nagoya
Yokohama Fukuoka Sapporo Kobe Seoul Busan Incheon Singapore Hong_Kong Taipei Kaohsiung Macau Bangkok
Kuala_Lumpur Penang Jakarta Bandung Manila Cebu Hanoi Ho_Chi_Minh_City Saigon Da_Nang Mumbai Delhi
New_Delhi Bangalore Bengaluru Hyderabad Chennai Pune Kolkata Ahmedabad Gurgaon Noida Karachi Lahore
Islamabad Dhaka Colombo Kathmandu Dubai Abu_Dhabi Doha Riyadh Jeddah Kuwait Manama Tel_Aviv Jerusalem
Beirut Amman Cairo Casablanca Tunis Algiers Lagos Abuja Accra Nairobi Kampala Addis_Ababa Kigali
Johannesburg Cape_Town Durban Pretoria Beijing Shanghai Shenzhen Guangzhou Hangzhou Chengdu Chongqing
Wuhan Nanjing Suzhou Xi'an Xian Tianjin Qingdao Dalian Xiamen Fuzhou Ningbo Wuxi Hefei Changsha
Zhengzhou Jinan Shenyang Harbin Changchun Kunming Guiyang Nanning Dongguan Foshan Zhuhai Huizhou
Zhongshan Wenzhou Jiaxing Shaoxing Jinhua Changzhou Nantong Xuzhou Yangzhou Shijiazhuang Taiyuan
Lanzhou Urumqi Hohhot Haikou Sanya Nanchang Yantai Weifang Lhasa Yinchuan Xining
United_Kingdom UK England Scotland Wales Northern_Ireland Ireland France Germany Austria Switzerland
Netherlands Belgium Spain Portugal Italy Greece Denmark Sweden Norway Finland Iceland Estonia Latvia
Lithuania Poland Czech_Republic Czechia Slovakia Hungary Romania Bulgaria Serbia Croatia Slovenia
Ukraine Turkey Russia Europe EU United_States USA US America Canada Mexico Brazil Argentina Chile
Colombia Peru Australia New_Zealand Japan South_Korea Korea China Taiwan Thailand Malaysia Indonesia
Philippines Vietnam India Pakistan Bangladesh UAE Qatar Saudi_Arabia Israel Egypt Morocco Nigeria
Ghana Kenya South_Africa Asia Africa California Texas Florida New_Jersey Massachusetts Ontario
Bavaria Catalonia Zhejiang Jiangsu Guangdong Sichuan Fujian Shandong Hubei Hunan Henan Hebei Anhui
Yunnan Hainan Pudong Kent Surrey Essex Sussex Yorkshire Cornwall Devon
"""
CHINESE = """
北京 上海 广州 深圳 杭州 成都 重庆 武汉 南京 苏州 西安 天津 青岛 大连 厦门 福州 宁波 无锡 合肥 长沙 郑州
济南 沈阳 哈尔滨 长春 昆明 贵阳 南宁 东莞 佛山 珠海 惠州 中山 温州 嘉兴 绍兴 金华 义乌 台州 湖州 常州
南通 徐州 扬州 镇江 盐城 泰州 昆山 石家庄 太原 兰州 乌鲁木齐 呼和浩特 海口 三亚 南昌 烟台 潍坊 临沂 淄博
威海 洛阳 保定 唐山 廊坊 秦皇岛 泉州 漳州 芜湖 绵阳 宜昌 襄阳 株洲 湘潭 桂林 柳州 北海 汕头 江门 肇庆
湛江 清远 拉萨 银川 西宁 包头 鞍山 吉林 大庆 齐齐哈尔 香港 澳门 台北 高雄 新竹 新加坡 东京 大阪 首尔 曼谷
吉隆坡 悉尼 墨尔本 伦敦 巴黎 柏林 慕尼黑 法兰克福 汉堡 纽约 旧金山 硅谷 洛杉矶 西雅图 波士顿 芝加哥 多伦多
温哥华 迪拜 浙江 江苏 广东 四川 福建 山东 湖北 湖南 河南 河北 安徽 江西 云南 贵州 海南 陕西 山西 辽宁
黑龙江 广西 内蒙古 新疆 宁夏 甘肃 青海 西藏 浦东 浦东新区 张江 陆家嘴 徐汇 静安 闵行 朝阳区 海淀 海淀区 中关村
望京 国贸 亦庄 通州 南山 南山区 福田 福田区 宝安 龙岗 天河 天河区 番禺 余杭 滨江 滨江区 西湖区 萧山 高新区
雁塔区 光谷 江浙沪 长三角 珠三角 北上广 北上广深 粤港澳大湾区 大湾区 日本 韩国 美国 英国 德国 法国 加拿大
澳大利亚 澳洲 新西兰 马来西亚 泰国 越南 印度 欧洲 东南亚 海外 国外
"""


def place_names() -> tuple[str, ...]:
    """Return the names; a blank within one is written as such."""
    return tuple(name.replace("_", " ") for name in (ENGLISH + CHINESE).split())
