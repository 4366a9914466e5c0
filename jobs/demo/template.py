"""The demo page as a Jinja template, in one file; `page` fills it."""

STYLE = """
:root { color-scheme: light dark;
  --paper: #fdfdfc; --card: #f4f4f1; --ink: #1d2126; --dim: #5c646e; --line: #d6d8d6;
  --series-1: #2a6fb0; --series-2: #c2571a; --series-3: #6b7280; --good: #1c7a4a; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #15181c; --card: #1e2329; --ink: #e6e8ea; --dim: #9aa4af; --line: #3a424b;
  --series-1: #6cb0ee; --series-2: #f0965a; --series-3: #a2abb6; --good: #5fc98f;
  --bad: #f2857d; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 4rem; background: var(--paper);
  color: var(--ink); line-height: 1.55; font-family: system-ui, -apple-system, "Segoe UI", Roboto,
  "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.3rem; margin: 3rem 0 .6rem; padding-top: .8rem;
  border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.8rem 0 .3rem; overflow-wrap: anywhere; }
p { max-width: 46rem; margin: .4rem 0 .9rem; }
.dim, small { color: var(--dim); }
.badge { display: inline-block; margin: .2rem 0; padding: .1rem .6rem; border-radius: 1rem;
  border: 1px solid var(--series-2); color: var(--series-2); font-size: .85rem; font-weight: 600; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .8rem;
  margin: 1.4rem 0; padding: 0; list-style: none; }
.tiles li { background: var(--card); border-radius: .6rem; padding: .8rem 1rem; }
.tiles strong { display: block; font-size: 1.55rem; line-height: 1.25;
  font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .6rem 0 1rem; font-size: .93rem; }
caption { caption-side: bottom; text-align: left; color: var(--dim); font-size: .85rem;
  padding-top: .4rem; }
th { text-align: left; font-weight: 600; color: var(--dim); }
th, td { padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; }
tbody th { color: var(--ink); font-weight: 400; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.bar { width: 40%; min-width: 6rem; }
.bar i { display: block; height: .8rem; margin-top: .35rem; border-radius: .2rem;
  background: var(--series-1); }
.good { color: var(--good); font-weight: 600; } .bad { color: var(--bad); font-weight: 600; }
.plot { margin: 1rem 0; overflow-x: auto; }
.plot svg { display: block; width: 100%; min-width: 30rem; height: auto; }
.plot svg text { font-family: inherit !important; }
.columns { columns: 22rem; column-gap: 2.5rem; } .columns table { margin: 0; }
.columns tr { break-inside: avoid; }
ul.why { margin: 0; padding: 0; list-style: none; } ul.why li + li { margin-top: .2rem; }
pre { background: var(--card); border-radius: .5rem; padding: .8rem 1rem; overflow-x: auto; }
"""

TEMPLATE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>careerstream: what the demo did</title>
<style>{{ style | safe }}</style>
</head>
<body>
<header>
<h1>From a click to a recommendation</h1>
<p class="dim">What careerstream&rsquo;s demo did, and the evidence of it. {{ made_at }}</p>
{% if simulated %}<p><span class="badge">simulated</span> Candidates, postings, employers and clicks
are made up by the market simulator; broker, jobs, tables, training and serving are
real.</p>{% endif %}
<ul class="tiles">
{% for tile in tiles %}<li><strong>{{ tile.figure }}</strong><small>{{ tile.words }}</small></li>
{% endfor %}</ul>
</header>
<main>

<section>
<h2>What ran</h2>
<table><tbody>
{% for stage in stages %}<tr><th scope="row">{{ stage.name }}</th>
<td class="bar"><i style="width: {{ stage.percent }}%"></i></td>
<td class="number">{{ stage.seconds }} s</td></tr>
{% else %}<tr><td class="dim">No stage was timed.</td></tr>
{% endfor %}</tbody>{% if total %}<caption>{{ total }} s in all.</caption>{% endif %}</table>
</section>

<section>
<h2>The accounts</h2>
<p>Every row of the events file is somewhere, and what the stream made of it is what a plain
computation over the same file makes of it.</p>
<div class="scroll"><table><tbody>
{% for check in checks %}<tr>
{% if check.holds %}<td class="good">✓ holds</td>{% else %}<td class="bad">✗ fails</td>{% endif %}

<th scope="row">{{ check.words }}</th><td class="number">{{ check.figure }}</td></tr>
{% else %}<tr><td class="dim">Nothing was counted.</td></tr>
{% endfor %}</tbody></table></div>
{% if counts %}<p class="dim">{{ counts }}</p>{% endif %}
</section>

<section>
<h2>Training</h2>
<p>{{ training_words }}</p>
{% if curves %}<div class="plot">{{ curves | safe }}</div>
{% else %}<p class="dim">No epoch was recorded.</p>{% endif %}
</section>

<section>
<h2>Latency</h2>
<p>{{ latency_words }}</p>
{% if latency %}<div class="plot">{{ latency | safe }}</div>
<p class="dim">Measured between the timestamps that Kafka gave the event and the recommendation.
The last column holds whatever took longer.</p>
{% else %}<p class="dim">No live event was answered, so there is no distribution.</p>{% endif %}
</section>

<section>
<h2>Quality</h2>
{% if verdict %}<p>{{ verdict }}.</p>{% endif %}
{% if quality %}<div class="plot">{{ quality | safe }}</div>
<div class="scroll"><table>
<thead><tr><th scope="col">measure</th>{% for ranker in rankers %}
<th scope="col" class="number">{{ ranker }}</th>{% endfor %}</tr></thead>
<tbody>{% for row in measures %}<tr><th scope="row">{{ row.words }}</th>
{% for cell in row.cells %}<td class="number">{{ cell.estimate }}
{% if cell.interval %}<br><small>{{ cell.interval }}</small>{% endif %}</td>
{% endfor %}</tr>
{% endfor %}</tbody>
<caption>{{ measured }} In brackets: 95 % bootstrap intervals over candidates.</caption>
</table></div>
{% else %}<p class="dim">Nothing could be measured.</p>{% endif %}
</section>

{% if occupations %}<section>
<h2>Stated skills alone</h2>
<p>{{ occupations.words }}</p>
<div class="columns"><table>
<thead><tr><th scope="col">occupation</th><th scope="col" class="number">Chinese</th>
<th scope="col" class="number">English</th></tr></thead>
<tbody>{% for row in occupations.rows %}<tr>
<th scope="row"><span lang="zh">{{ row.zh }}</span> <small>{{ row.en }}</small></th>
{% for hits in row.hits %}<td class="number">{{ hits }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table></div>
</section>{% endif %}

<section>
<h2>Recommendations</h2>
{% for example in examples %}
<h3>{{ example.candidate }}{% if simulated %} <span class="badge">simulated</span>{% endif %}</h3>
{% if example.stated %}<p>States only: <span lang="zh">{{ example.stated }}</span></p>{% endif %}
<div class="scroll"><table>
<thead><tr><th scope="col" class="number">#</th><th scope="col">posting</th>
<th scope="col" class="number">score</th><th scope="col">why</th></tr></thead>
<tbody>{% for item in example.entries %}<tr><td class="number">{{ item.rank }}</td>
<td><span {% if item.language %}lang="{{ item.language }}"{% endif %}>{{ item.title }}</span><br>
<small>{{ item.where }}</small></td>
<td class="number">{{ item.score }}</td>
<td><ul class="why">{% for reason in item.reasons %}<li>{{ reason }}</li>{% endfor %}</ul></td></tr>
{% endfor %}</tbody>
<caption>{{ example.made_with }}</caption></table></div>
{% else %}<p class="dim">There is no list to show.</p>{% endfor %}
</section>

<section>
<h2>Look further</h2>
<p>Parameters, curves, data versions and the registered models are in MLflow; this opens its
UI:</p>
<pre><code>{{ mlflow }}</code></pre>
<p>The same numbers as JSON: <code>summary.json</code> beside this page.</p>
</section>

</main>
</body>
</html>
"""
