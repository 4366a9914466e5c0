"""The page of a benchmark report as a Jinja template; `page` fills it."""

TEMPLATE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>careerstream: quality of recommendations</title>
<style>{{ style | safe }}</style>
</head>
<body>
<header>
<h1>Quality of the preset “{{ preset }}”</h1>
<p class="dim">Protocol {{ protocol }} on {{ file }}, {{ seed }}. {{ made_at }}</p>
<ul class="tiles">
{% for tile in tiles %}<li><strong>{{ tile.figure }}</strong><small>{{ tile.words }}</small></li>
{% endfor %}</ul>
</header>
<main>
{% for part in parts %}
<section>
<h2>{{ part.title }}</h2>
<p>{{ part.words }}</p>
<div class="plot">{{ part.plot | safe }}</div>
<div class="scroll"><table>
<thead><tr><th scope="col">ranker</th>{% for name in columns %}
<th scope="col" class="number">{{ name }}</th>{% endfor %}</tr></thead>
<tbody>{% for row in part.rows %}<tr><th scope="row">{{ row.name }}</th>
{% for cell in row.cells %}<td class="number">{{ cell.estimate }}
{% if cell.interval %}<br><small>{{ cell.interval }}</small>{% endif %}</td>
{% endfor %}</tr>
{% endfor %}</tbody>
<caption>Below each figure its 95 % bootstrap interval over users.</caption>
</table></div>
</section>
{% endfor %}

<section>
<h2>Ahead of the baselines</h2>
<p>The preset minus the baseline, user by user. Where the whole interval is above 0, the preset is
better beyond chance.</p>
<div class="scroll"><table>
<thead><tr><th scope="col">against</th>{% for name in columns %}
<th scope="col" class="number">{{ name }}</th>{% endfor %}</tr></thead>
<tbody>{% for row in differences %}<tr><th scope="row">{{ row.name }}</th>
{% for cell in row.cells %}<td class="number {{ cell.mark }}">{{ cell.estimate }}
<br><small>{{ cell.interval }}</small></td>
{% endfor %}</tr>
{% endfor %}</tbody></table></div>
</section>

<section>
<h2>Length of the list</h2>
<p>How often the target is among the first so many places: the preset and its two strongest
rivals.</p>
<div class="plot">{{ cutoffs | safe }}</div>
</section>

<section>
<h2>The lists themselves, and what they cost</h2>
<div class="scroll"><table>
<thead><tr><th scope="col">ranker</th>{% for name in list_columns %}
<th scope="col" class="number">{{ name }}</th>{% endfor %}</tr></thead>
<tbody>{% for row in costs %}<tr><th scope="row">{{ row.name }}</th>
{% for cell in row.cells %}<td class="number">{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</tbody>
<caption>Coverage: the share of the catalogue in the first ten places of somebody's list.
{% if "alike" in list_columns %}Alike: the mean TF-IDF cosine of two items of one list.{% endif %}
{% if "HR@10, rule" in list_columns %}Rule: at most five of ten places for one employer, unless
nothing else fits.{% endif %}</caption>
</table></div>
</section>

{% if reasons %}<section>
<h2>Reasons</h2>
<p>{{ reasons.words }}</p>
<div class="scroll"><table><tbody>
{% for row in reasons.rows %}<tr><th scope="row">{{ row.words }}</th>
<td class="number">{{ row.cell.estimate }}<br><small>{{ row.cell.interval }}</small></td></tr>
{% endfor %}</tbody></table></div>
</section>{% endif %}

{% if curves %}<section>
<h2>Training</h2>
<div class="plot">{{ curves | safe }}</div>
</section>{% endif %}

<section>
<h2>To repeat it</h2>
<pre><code>{{ command }}</code></pre>
<div class="scroll"><table><tbody>
{% for name, value in settings.items() %}<tr><th scope="row">{{ name }}</th>
<td>{{ value }}</td></tr>
{% endfor %}</tbody></table></div>
</section>
</main>
</body>
</html>
"""
