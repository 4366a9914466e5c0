"""Words before skills and after them, as regexes in lower case."""

BEFORE_SKILLS = (
    r"\b(?:skilled (?:in|at|with)|strong (?:in|at|on|with)|proficient (?:in|at|with)|fluent in|good (?:at|with)|great (?:at|with)|"
    r"experienced (?:in|with|at)|experience (?:in|with|of|using)|expert (?:in|at|with)|expertise in|trained in|certified in|qualified in|"
    r"familiar with|comfortable with|handy with|versed in|adept (?:at|in)|knowledge of|knowledgeable (?:in|about)|background in|"
    r"i know(?: how to do)?|i can (?:do|use|operate|handle|write|code in)|i do|i use|could i do with|can i do with|worked with|work(?:ing)? with|hands on|get to (?:do|use|practise|practice)|"
    r"learn(?: more(?: about)?)?|let me (?:use|learn|do|practise|practice)|use my|involv(?:e|es|ing)|master of|skills(?: are|:| in)|my skills are|"
    r"what i have:|i bring|i cut with|i'd (?:like|love) to (?:use|do|learn)|specialis(?:ed|ing) in|specializ(?:ed|ing) in|competent (?:in|with))\b:? "
)
SKILLS_END = (
    r"[.;:!?(\n]| - | (?:as|for|on the|at work|in an?|in my|in the|looking|what|who|where|which|that|mostly|daily|every|because|"
    r"every day|seek(?:ing)?|want(?:ing|s)?|here|please|from|near|anywhere|would|to|is|are|so|but|if|when)\b|,? (?:i|i'd|i'm|we|what|how|where|which|now|can|any)\b|$"
)
BETWEEN_SKILLS = r", (?:and |or )?| and | or | & | n | plus |/| as well as "
BEFORE_A_SKILL = r"^(?:a (?:bit|little) of |a little |a bit |some |basic |advanced |my |the |both |lots of |also )+"
NO_SKILLS = frozenset(
    """it this that them you me us people children kids animals numbers years work job jobs the a an my your something
    anything things everything money hands team teams others clients customers english more mine lots both
    one good great better best all much well new how why""".split()  # noqa: SIM905
)
BEFORE_SKILLS_CHINESE = (
    r"(?:(?:^|(?<=[，。；,;\s、也我还人都]))会(?:用|做|使用|写|操作)?(?![说讲不的计议展员务])|(?:熟练)?(?:掌握|使用|运用)(?:过|了)?|精通|熟悉|擅长|熟练|通晓|"
    r"(?<![不])懂(?:得|点|一点)?|(?<![没])用过|自学了?过?|学过|做过|想(?:学(?:习)?(?:做|一?门|点)?|用)|能从事|希望从事|多做|多接触|接触(?:一下|到)?|"
    r"(?:能|会)?碰到|能用(?:上|到)?|钻研|练过|考了|专攻|主攻|技能[:：是有])"
)
SKILLS_END_CHINESE = r"[，。；,;.!！？?\s:：（(]|的|都|也|来|一点|写代码|做开发|开发|工作|上班|就|时|等|这|那|找|当|想|$"
BETWEEN_SKILLS_CHINESE = "[、/]|和|与|及|跟|以及|还有"
SKILL_BEFORE_VERB_CHINESE = r"(?:^|(?<=[，。；,;]))(?P<list>[^，。；,;！!？?\s的]{2,24}?)(?:都|也|全)?(?:做过|用过|会用|会做|学过|玩过|懂一点|都会)"
NO_SKILLS_CHINESE = r"一|二|三|什么|这|那|我|你|他|自己|东西|英语|日语|德语|法语|语$|开车去|打字$|多|孩子|饭$|很|好|做$|用$|过|点$|打算|年|经验|了|吗|吧|工作"
