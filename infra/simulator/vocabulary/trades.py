"""Occupations in crafts, transport, kitchens and security."""

from infra.simulator.vocabulary.occupation import occupation

TRADES = (
    occupation(
        "chef",
        names="厨师 = cooking",
        titles_zh="厨师; 中餐厨师; 西餐厨师; 面点师; 厨师长",
        titles_en="Chef; Line Cook; Sous Chef; Pastry Chef; Head Chef",
        skills="烹饪 = cooking; 中餐 = menu planning; 厨房管理 = kitchen management;"
        "西餐 = à la carte service; 面点 = pastry; 食品安全 = food hygiene; 刀工 = knife skills;"
        "菜品研发 = recipe development; 健康证 = food handler certificate; 冷菜 = cold kitchen;"
        "成本控制 = food cost control",
        tasks_zh="负责菜品制作和出品质量; 管理厨房卫生与食材; 研发季节菜单; 控制食材成本;"
        "带领厨房团队",
        tasks_en="cook and see that every plate is right; keep the kitchen clean and stocked;"
        "write seasonal menus; control food cost; lead the kitchen team",
        near="hotel_service",
        industries="hospitality",
        salary=(8500, 30000),
        education=0,
    ),
    occupation(
        "hotel_service",
        names="酒店餐饮服务 = hotel and restaurant service",
        titles_zh="餐厅服务员; 酒店前台; 餐厅领班; 客房服务员; 酒店接待",
        titles_en="Waiter; Hotel Receptionist; Restaurant Supervisor; Housekeeping Attendant;"
        "Front Office Agent",
        skills="餐厅服务 = table service; 酒店前台 = front office; 接待 = guest relations;"
        "点餐传菜 = order taking; 客房服务 = housekeeping; 收银 = cash handling;"
        "预订管理 = reservations; 酒水知识 = wine knowledge; 健康证 = food handler certificate;"
        "沟通能力 = communication; 英语 = English",
        tasks_zh="迎接客人并提供点餐服务; 办理入住和退房; 保持餐厅和客房整洁; 处理客人需求;"
        "负责收银和交接",
        tasks_en="welcome guests and serve at table; check guests in and out;"
        "keep rooms and tables tidy; handle wishes and complaints; balance the till",
        near="chef customer_service",
        industries="hospitality",
        salary=(5500, 23000),
        education=0,
    ),
    occupation(
        "warehouse",
        names="仓储 = warehousing",
        titles_zh="仓库管理员; 仓储主管; 叉车司机; 拣货员; 理货员",
        titles_en="Warehouse Operative; Warehouse Supervisor; Forklift Driver; Order Picker;"
        "Stock Controller",
        skills="仓库管理 = warehousing; 叉车证 = forklift licence; 库存盘点 = stock taking;"
        "拣货 = order picking; 收发货 = goods in and out; WMS系统 = warehouse systems;"
        "打包 = packing; 装卸 = loading; 条码扫描 = barcode scanning; 安全生产 = workplace safety;"
        "Excel = Excel",
        tasks_zh="负责货物的收发和上架; 定期盘点库存; 驾驶叉车装卸货物; 按单拣货和打包;"
        "保持库区整洁安全",
        tasks_en="receive goods and put them away; count stock; load lorries by forklift;"
        "pick and pack orders; keep the aisles clear and safe",
        near="truck_driver logistics_planner security_guard",
        industries="logistics retail manufacturing",
        salary=(6500, 25000),
        education=0,
    ),
    occupation(
        "truck_driver",
        names="货运司机 = truck driving",
        titles_zh="货车司机; B2司机; A2牵引车司机; 配送司机; 冷链运输司机",
        titles_en="Truck Driver; HGV Driver; Delivery Driver; Long-Haul Driver;"
        "Refrigerated Transport Driver",
        skills="货车驾驶 = truck driving; A2驾照 = HGV licence; 长途运输 = long-haul transport;"
        "配送 = delivery; 车辆保养 = vehicle checks; 路线规划 = route planning;"
        "冷链运输 = refrigerated transport; 从业资格证 = driver qualification card;"
        "装卸 = loading; 行车安全 = road safety; 危险品运输 = dangerous goods",
        tasks_zh="驾驶货车完成运输任务; 检查和保养车辆; 核对货物和单据; 遵守交通法规安全行车;"
        "按时配送到门店",
        tasks_en="drive lorries on regional and long routes; check the vehicle before each tour;"
        "compare load and papers; secure the load; deliver to shops on time",
        near="warehouse logistics_planner",
        industries="logistics construction",
        salary=(9500, 33000),
        education=0,
    ),
    occupation(
        "logistics_planner",
        names="物流计划 = logistics planning",
        titles_zh="物流专员; 供应链计划员; 运输调度; 物流经理; 货代操作",
        titles_en="Logistics Planner; Supply Chain Coordinator; Transport Dispatcher;"
        "Logistics Manager; Freight Forwarder",
        skills="物流管理 = logistics; 供应链 = supply chain; 运输调度 = dispatching;"
        "采购计划 = demand planning; 报关 = customs clearance; 货代 = freight forwarding;"
        "SAP = SAP; 库存控制 = inventory control; 路线规划 = route planning;"
        "供应商管理 = supplier management; WMS系统 = warehouse systems; Excel = Excel",
        tasks_zh="制定运输和配送计划; 协调承运商与仓库; 办理进出口报关; 分析物流成本;监控库存水平",
        tasks_en="plan transports and deliveries; coordinate carriers and warehouses;"
        "arrange customs papers; analyse freight costs; keep stock at the right level",
        near="warehouse truck_driver",
        industries="logistics manufacturing retail",
        salary=(10000, 35000),
        education=1,
    ),
    occupation(
        "welder",
        names="焊工 = welding",
        titles_zh="焊工; 氩弧焊工; 电焊工; 钣金焊接技工; 焊接机器人操作员",
        titles_en="Welder; TIG Welder; MIG Welder; Sheet Metal Worker; Welding Robot Operator",
        skills="焊接 = welding; 氩弧焊 = TIG welding; 焊工证 = welding certificate;"
        "二保焊 = MIG welding; 钣金 = sheet metal work; 看图 = reading drawings;"
        "切割打磨 = cutting and grinding; 不锈钢焊接 = stainless steel; 管道焊接 = pipe welding;"
        "数控加工 = CNC machining; 安全生产 = workplace safety",
        tasks_zh="按图纸完成焊接和组装; 使用氩弧焊和二保焊; 检查焊缝质量; 维护焊接设备;"
        "遵守安全操作规程",
        tasks_en="weld and assemble from drawings; work in TIG and MIG; check the seams;"
        "look after the equipment; cut and grind sheet metal",
        near="mechanical_engineer electrician",
        industries="manufacturing construction energy",
        salary=(9500, 31000),
        education=1,
    ),
    occupation(
        "electrician",
        names="电工 = electrical trade",
        titles_zh="电工; 维修电工; 高压电工; 水电安装工; 物业电工",
        titles_en="Electrician; Maintenance Electrician; High Voltage Electrician;"
        "Electrical Fitter; Building Electrician",
        skills="电工 = electrical installation; 电工证 = electrician certificate;"
        "线路检修 = electrical maintenance; 高低压配电 = power distribution; 水电安装 = wiring;"
        "设备维修 = equipment repair; 弱电 = low-voltage systems; 配电柜 = switchgear;"
        "看图 = reading drawings; 安全生产 = workplace safety; 光伏安装 = solar installation",
        tasks_zh="安装和检修电气线路; 排除设备电气故障; 巡检配电房; 做好维修记录;配合工程改造布线",
        tasks_en="install and maintain wiring; find and repair faults; inspect switchgear;"
        "keep maintenance records; fit solar panels and charging points",
        near="electrical_engineer welder",
        industries="construction manufacturing energy",
        salary=(8000, 33000),
        education=1,
    ),
    occupation(
        "security_guard",
        names="安保 = security",
        titles_zh="保安; 保安队长; 消防监控员; 门岗保安; 安检员",
        titles_en="Security Guard; Security Officer; Control Room Operator; Door Supervisor;"
        "Event Security Steward",
        skills="安保 = security; 巡逻 = patrolling; 保安证 = security licence;"
        "消防监控 = fire safety; 监控操作 = CCTV; 门禁管理 = access control;"
        "应急处理 = emergency response; 安检 = screening; 急救 = first aid;"
        "退伍军人 = armed forces background; 车辆管理 = gatehouse duty",
        tasks_zh="负责出入口登记和门禁管理; 定时巡逻检查; 操作监控设备; 处理突发事件;维护停车秩序",
        tasks_en="check visitors and passes; patrol buildings and grounds; watch the cameras;"
        "act calmly in emergencies; keep the night log",
        near="warehouse",
        industries="property hospitality retail",
        salary=(5500, 24000),
        education=0,
    ),
)
