// Makes the table of changes searchable and the like, as that of a model. Everything the page says stands in it without this too.
(() => {
"use strict";
const section = document.querySelector(".layers"), data = document.querySelector("script[type='application/json']");
if (!section || !data) return;
const island = JSON.parse(data.textContent);
{% include "html/js/model.js" %}
{% include "html/js/words.js" %}
{% include "html/js/changes.js" %}
{% include "html/js/rows.js" %}
{% include "html/js/details.js" %}
{% include "html/js/untold.js" %}
{% include "html/js/find.js" %}
{% include "html/js/table.js" %}
{% if many %}{% include "html/js/many.js" %}{% endif %}
{% include "html/js/keys.js" %}
{% include "html/js/address.js" %}
{% include "html/js/ranks.js" %}
start();
{% if picture %}
if (island.picture) icicle();
function icicle() {
{% include "html/icicle.js" %}
}
{% endif %}
})();
