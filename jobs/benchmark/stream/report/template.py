"""The page of the report as a Jinja template; `page` fills it."""

TEMPLATE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>careerstream: speed of the stream</title>
<style>{{ style | safe }}</style>
</head>
<body>
<header>
<h1>Speed of the stream</h1>
<p class="dim">{{ made_at }}. {{ machine }}</p>
<ul class="tiles">
{% for tile in tiles %}<li><strong>{{ tile.figure }}</strong><small>{{ tile.words }}</small></li>
{% endfor %}</ul>
</header>
<main>
{% for part in sections %}
<section>
<h2>{{ part.title }}</h2>
<p>{{ part.words }}</p>
{% for plot in part.plots %}<div class="plot">{{ plot | safe }}</div>
{% endfor %}
<div class="scroll"><table>
<thead><tr>{% for name in part.columns %}
<th scope="col"{% if not loop.first %} class="number"{% endif %}>{{ name }}</th>{% endfor %}</tr>
</thead>
<tbody>{% for row in part.rows %}<tr>{% for cell in row %}
{% if loop.first %}<th scope="row">{{ cell }}</th>{% else %}<td class="number">{{ cell }}</td>
{% endif %}{% endfor %}</tr>
{% endfor %}</tbody>
</table></div>
</section>
{% endfor %}
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
