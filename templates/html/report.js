// Makes the table searchable and the like. Everything the page says stands in it without this script too.
(() => {
"use strict";
const section = document.querySelector(".layers"), data = document.querySelector("script[type='application/json']");
if (!section || !data) return;
const island = JSON.parse(data.textContent);
{% include "html/js/model.js" %}
{% include "html/js/words.js" %}
{% include "html/js/layers.js" %}
{% if asked %}{% include "html/js/asked.js" %}{% endif %}
{% include "html/js/rows.js" %}
{% if report.run %}{% include "html/js/run.js" %}{% endif %}
{% include "html/js/details.js" %}
{% include "html/js/find.js" %}
{% include "html/js/table.js" %}
{% if many %}
const tables = [["tensors", 4], ["flows", 4]]; // of an opened row, and how many cells a line of each has
{% include "html/js/untold.js" %}
{% include "html/js/many.js" %}
{% endif %}
{% include "html/js/keys.js" %}
{% include "html/js/address.js" %}
{% include "html/js/ranks.js" %}
start();
if (island.picture) icicle();
function icicle() {
{% include "html/icicle.js" %}
}
})();
