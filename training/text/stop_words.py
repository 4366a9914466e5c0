"""Stop words, in English and Chinese: words that describe no position. The list is short.

Words that are only frequent in one catalogue get a low weight instead (inverse document frequency).
"""

_ENGLISH = """
a about above after again all also am an and any are as at be because been before being below
between both but by can could did do does doing down during each etc few for from further had has
have having he her here hers him his how i if in into is it its itself just may me more most must
my no nor not of off on once only or other our ours out over own per same she should so some such
than that the their theirs them then there these they this those through to too under until up us
very was we were what when where which while who whom why will with within would you your yours
"""

_CHINESE = """
的 了 和 是 在 有 及 与 或 等 对 对于 中 为 以 并 能 能够
可 可以 会 将 要 应 需 需要 具有 具备 熟悉 了解 负责 参与 进行 完成 相关 以上
以下 以及 其他 其它 我们 你 您 他 她 它 我 一个 一定 良好 优先 者 者优先 较强
根据 通过 使用 按照 包括 不 也 都 就 被 把 从 到 让 上 下 内 外
地 得 着 过 之 于 而 且 但 如 若 该 各 每 这 那
"""

STOP_WORDS = frozenset(_ENGLISH.split()) | frozenset(_CHINESE.split())
"""Lower-case, NFKC."""
