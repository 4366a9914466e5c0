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
Almería Almeria Uppsala Lund Umeå Linköping Malmö Antibes Cannes Palma Mallorca Monaco Granada Alicante Harrogate Northumberland
Lancashire Norfolk Suffolk Worcester Gloucester Lincoln Chester Derby Wolverhampton Bradford Hull Stoke Sunderland Middlesbrough Preston Blackpool
Inverness Stirling Perth Derry Waterford Wexford Sligo Halifax Hamilton Victoria Saskatoon Regina Kelowna Mississauga Brampton El_Paso Tucson
Albuquerque Omaha Milwaukee Louisville Oklahoma_City Fort_Worth Tulsa Fresno Anchorage Boise Reno Spokane Tacoma Buffalo Rochester Albany Syracuse
Hartford Providence Richmond Norfolk Savannah Charleston Jacksonville Dearborn Ann_Arbor Grand_Rapids Madison Des_Moines Wichita Little_Rock
New_Orleans Baton_Rouge Birmingham Montgomery Knoxville Ohio Michigan Illinois Oregon Colorado Arizona Nevada Utah Montana Virginia Pennsylvania
Maryland Wisconsin Minnesota Missouri Indiana Tennessee Alabama Louisiana Oklahoma Kansas Iowa Nebraska Idaho Wyoming Alaska Hawaii Vermont Maine
Connecticut North_Carolina South_Carolina Alberta Manitoba Saskatchewan Nova_Scotia British_Columbia Queensland Tasmania Hobart Darwin Cairns Gold_Coast
Geelong Newcastle Dunedin Queenstown Hamilton Mombasa Kisumu Dar_es_Salaam Dodoma Lusaka Harare Gaborone Windhoek Maputo Luanda Dakar Abidjan Kumasi
Kano Ibadan Port_Harcourt Phuket Chiang_Mai Pattaya Bali Surabaya Johor_Bahru Davao Jaipur Kochi Lucknow Indore Nagpur Surat Chandigarh Galle Muscat
Sharjah Dammam Mecca Medina Haifa Alexandria Marrakech Marrakesh Rabat Tangier Tenerife Coimbra Faro Trieste Padua Palermo Catania Bari Modena Parma
Bolzano Augsburg Mannheim Kiel Lübeck Rostock Münster Bochum Duisburg Potsdam Erfurt Jena Aachen Mainz Wiesbaden Ulm Winterthur Lugano St_Gallen Tilburg
Breda Delft Leiden Haarlem Nijmegen Maastricht Bruges Liège Namur Rennes Grenoble Dijon Reims Angers Odense Aalborg Tartu Kaunas Katowice Szczecin Lublin
Ostrava Košice Debrecen Timisoara Iasi Varna Plovdiv Split Rijeka Maribor Skopje Sarajevo Tirana Kharkiv Odesa Tbilisi Yerevan Baku Almaty Tashkent
Antalya Bursa Cordoba Rosario Mendoza Valparaíso Curitiba Brasília Recife Salvador Fortaleza Porto_Alegre Cali Cartagena Guayaquil Cusco San_Juan
Panama_City Havana Kingston Jamaica Cyprus Nicosia Malta Valletta Reykjavik Cambodia Phnom_Penh Laos Nepal Sri_Lanka Myanmar Tanzania Uganda Rwanda
Ethiopia Zambia Zimbabwe Botswana Namibia Tunisia Algeria Senegal Midlands East_Anglia Cumbria Tuscany Sicily Brittany Provence Andalusia Saxony Hesse
Swindon Luton Slough Watford Guildford Crawley Ipswich Colchester Peterborough Northampton Bournemouth Poole Torquay Truro Brum Bavaria Catalonia Zhejiang Jiangsu Guangdong Sichuan Fujian Shandong Hubei Hunan Henan Hebei Anhui
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
开封 东阳 大理 丽江 舟山 武夷山 太仓 鼓楼区 摩洛哥 新乡 安阳 焦作 许昌 南阳 商丘 信阳 周口 驻马店 平顶山 濮阳 漯河 三门峡 鹤壁 济源 枣庄 东营 济宁 泰安 日照
德州 聊城 滨州 菏泽 连云港 淮安 宿迁 江阴 张家港 常熟 宜兴 丹阳 启东 衢州 丽水 余姚 慈溪 诸暨 瑞安 乐清 温岭 桐乡 海宁 蚌埠 马鞍山 安庆 滁州 阜阳 黄山 淮南
淮北 铜陵 宿州 六安 亳州 宣城 莆田 三明 南平 龙岩 宁德 晋江 石狮 九江 赣州 景德镇 上饶 宜春 吉安 抚州 新余 萍乡 鹰潭 荆州 黄石 十堰 孝感 荆门 黄冈 咸宁 恩施
随州 鄂州 岳阳 常德 衡阳 邵阳 郴州 永州 怀化 娄底 益阳 张家界 韶关 茂名 梅州 汕尾 河源 阳江 潮州 揭阳 云浮 顺德 梧州 玉林 钦州 贵港 百色 河池 德阳 乐山 南充
宜宾 泸州 自贡 攀枝花 达州 遂宁 内江 广元 眉山 广安 雅安 西昌 遵义 六盘水 安顺 毕节 曲靖 玉溪 保山 昭通 普洱 西双版纳 香格里拉 宝鸡 咸阳 渭南 延安 榆林 汉中
安康 天水 酒泉 敦煌 庆阳 大同 阳泉 长治 晋城 运城 临汾 晋中 邯郸 邢台 沧州 承德 张家口 衡水 雄安 抚顺 本溪 丹东 锦州 营口 盘锦 辽阳 葫芦岛 四平 延边 延吉 牡丹江
佳木斯 伊春 黑河 赤峰 鄂尔多斯 通辽 呼伦贝尔 喀什 伊犁 库尔勒 克拉玛依 石河子 格尔木 儋州 琼海 虹口 杨浦 普陀 长宁 黄浦 松江 嘉定 青浦 奉贤 宝山 崇明 昌平 大兴
顺义 丰台 石景山 东城 西城 朝阳 房山 门头沟 怀柔 越秀 荔湾 白云 黄埔 花都 增城 罗湖 盐田 光明 坪山 武昌 汉口 汉阳 洪山 江夏 江宁 浦口 栖霞 建邺 锦江 武侯 双流
上城 拱墅 临平 富阳 渝北 江北 南岸 沙坪坝 鄞州 姑苏 吴中 吴江 相城 京都 名古屋 福冈 釜山 河内 胡志明市 雅加达 马尼拉 孟买 新德里 阿布扎比 多哈 开罗 内罗毕 拉各斯
莫斯科 圣彼得堡 华沙 布拉格 布达佩斯 维也纳 苏黎世 日内瓦 阿姆斯特丹 布鲁塞尔 哥本哈根 斯德哥尔摩 奥斯陆 赫尔辛基 马德里 巴塞罗那 里斯本 罗马 米兰 都柏林 爱丁堡
曼彻斯特 奥克兰 墨西哥 巴西 阿根廷 智利 西班牙 意大利 荷兰 瑞士 瑞典 挪威 芬兰 丹麦 爱尔兰 葡萄牙 波兰 俄罗斯 土耳其 沙特 埃及 肯尼亚 南非 菲律宾 印尼 柬埔寨 非洲
江浙 华东 华南 华北 华中 西南 西北 东北 京津冀 川渝 京郊 杭洲 黑龙江 广西 内蒙古 新疆 宁夏 甘肃 青海 西藏 浦东 浦东新区 张江 陆家嘴 徐汇 静安 闵行 朝阳区 海淀 海淀区 中关村
望京 国贸 亦庄 通州 南山 南山区 福田 福田区 宝安 龙岗 天河 天河区 番禺 余杭 滨江 滨江区 西湖区 萧山 高新区
雁塔区 光谷 江浙沪 长三角 珠三角 北上广 北上广深 粤港澳大湾区 大湾区 日本 韩国 美国 英国 德国 法国 加拿大
澳大利亚 澳洲 新西兰 马来西亚 泰国 越南 印度 欧洲 东南亚 海外 国外
"""


def place_names() -> tuple[str, ...]:
    """Return the names; a blank within one is written as such."""
    return tuple(name.replace("_", " ") for name in (ENGLISH + CHINESE).split())
