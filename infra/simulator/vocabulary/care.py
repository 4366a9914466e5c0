"""Occupations in health and laboratories."""

from infra.simulator.vocabulary.occupation import occupation

CARE = (
    occupation(
        "nurse",
        names="护理 = nursing",
        titles_zh="护士; 病房护士; 手术室护士; 急诊护士; 护士长",
        titles_en="Registered Nurse; Ward Nurse; Theatre Nurse; Emergency Nurse; Staff Nurse",
        skills="护理 = nursing; 护士执业证 = nursing registration; 静脉输液 = intravenous therapy;"
        "病房管理 = ward management; 急救 = first aid; 手术室护理 = theatre nursing;"
        "重症监护 = intensive care; 老年护理 = elderly care; 伤口护理 = wound care;"
        "护理记录 = care documentation; 采血 = phlebotomy",
        tasks_zh="负责病房患者的日常护理; 执行医嘱并观察病情; 配合医生完成抢救; 书写护理记录;"
        "指导患者及家属康复",
        tasks_en="care for patients on a ward; carry out treatment and watch for changes;"
        "assist in emergencies; document care properly; support patients and their families",
        near="doctor physiotherapist kindergarten",
        industries="health",
        salary=(8500, 34000),
        education=1,
    ),
    occupation(
        "doctor",
        names="医生 = medicine",
        titles_zh="内科医生; 全科医生; 儿科医师; 外科主治医师; 急诊科医生",
        titles_en="Physician; General Practitioner; Paediatrician; Surgeon; Emergency Doctor",
        skills="临床医学 = clinical medicine; 执业医师证 = medical licence; 门诊 = outpatient care;"
        "内科 = internal medicine; 外科手术 = surgery; 儿科 = paediatrics; 病历书写 = case notes;"
        "影像诊断 = diagnostic imaging; 急诊 = emergency medicine; 慢病管理 = chronic disease care;"
        "查房 = ward rounds; 急救 = first aid",
        tasks_zh="承担门诊和住院患者的诊疗; 参加查房, 会诊和值班; 规范书写病历; 开展手术和操作;"
        "参与科研与带教",
        tasks_en="see patients in clinic and on the ward; take part in rounds and on-call duty;"
        "operate and assist in theatre; write case notes; teach and take part in research",
        near="nurse pharmacist lab_scientist",
        industries="health",
        salary=(20000, 75000),
        education=3,
    ),
    occupation(
        "pharmacist",
        names="药剂师 = pharmacy",
        titles_zh="药剂师; 执业药师; 药房药师; 门店药师; 临床药师",
        titles_en="Pharmacist; Community Pharmacist; Hospital Pharmacist; Dispensing Pharmacist;"
        "Clinical Pharmacist",
        skills="药学 = pharmacy; 执业药师证 = pharmacist registration;"
        "处方审核 = prescription review;"
        "药品管理 = medicines management; 调剂 = dispensing; 用药指导 = patient counselling;"
        "药理学 = pharmacology; 药品采购 = medicines purchasing; 中药 = herbal medicine;"
        "GSP管理 = good distribution practice; 不良反应监测 = drug safety",
        tasks_zh="审核处方并调配药品; 为顾客提供用药指导; 管理药品库存和效期; 监测药物不良反应;"
        "配合GSP检查",
        tasks_en="check prescriptions and dispense medicines; advise patients at the counter;"
        "manage stock and expiry dates; report side effects; prepare for inspections",
        near="lab_scientist doctor",
        industries="health life_science retail",
        salary=(9000, 44000),
        education=2,
    ),
    occupation(
        "physiotherapist",
        names="康复治疗 = physiotherapy",
        titles_zh="康复治疗师; 物理治疗师; 运动康复师; 理疗师; 康复科技师",
        titles_en="Physiotherapist; Sports Physiotherapist; Rehabilitation Therapist;"
        "Physical Therapist; Outpatient Physiotherapist",
        skills="康复治疗 = physiotherapy; 物理治疗 = manual therapy;"
        "运动康复 = sports rehabilitation;"
        "康复评定 = functional assessment; 推拿 = massage; 针灸 = acupuncture;"
        "术后康复 = post-operative rehabilitation; 神经康复 = neurological rehabilitation;"
        "解剖学 = anatomy; 体态矫正 = posture training; 老年护理 = elderly care",
        tasks_zh="评估患者的运动功能; 制定个性化康复方案; 进行手法治疗和运动训练;"
        "记录康复进展; 开展健康宣教",
        tasks_en="assess how patients move; plan treatment with clear goals;"
        "treat by hand and by exercise; note progress; run groups on back care",
        near="nurse",
        industries="health",
        salary=(8500, 34000),
        education=2,
    ),
    occupation(
        "lab_scientist",
        names="生物实验 = laboratory biology",
        titles_zh="生物实验员; 分子生物研究员; 医学检验师; 细胞培养技术员; 生物研发工程师",
        titles_en="Laboratory Scientist; Molecular Biologist; Research Technician;"
        "Biomedical Scientist;"
        "Cell Culture Specialist",
        skills="分子生物学 = molecular biology; 细胞培养 = cell culture; PCR = PCR;"
        "实验设计 = experimental design; 蛋白纯化 = protein purification;"
        "流式细胞术 = flow cytometry;"
        "医学检验 = clinical laboratory work; 动物实验 = animal studies; 质谱 = mass spectrometry;"
        "GMP = good laboratory practice; 药理学 = pharmacology; 统计建模 = statistical modelling",
        tasks_zh="设计并完成分子生物学实验; 培养和保存细胞株; 整理实验数据和报告;"
        "维护仪器和管理试剂; 建立检测方法",
        tasks_en="plan and run molecular biology experiments; grow and store cell lines;"
        "write up data and reports; look after instruments and reagents; establish new assays",
        near="pharmacist doctor data_scientist",
        industries="life_science health education",
        salary=(10000, 34000),
        education=3,
    ),
)
