(function () {
  "use strict";
  // Appendices are open in the file, so that they are there without scripts and on paper; on screen they start closed.
  var folds = Array.prototype.slice.call(document.querySelectorAll("details[data-fold]"));
  function fold() { folds.forEach(function (d) { d.open = d === opened; }); }
  var opened = null;
  function follow() {
    var target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    opened = target && target.querySelector ? (target.closest("details[data-fold]") || target.querySelector("details[data-fold]")) : null;
    if (opened) { opened.open = true; }
  }
  var wasOpen = [];
  window.addEventListener("beforeprint", function () {
    wasOpen = folds.map(function (d) { return d.open; });
    folds.forEach(function (d) { d.open = true; });
  });
  window.addEventListener("afterprint", function () {
    folds.forEach(function (d, i) { d.open = wasOpen[i]; });
  });
  window.addEventListener("hashchange", follow);
  if (!window.matchMedia("print").matches) { follow(); fold(); }

  document.querySelectorAll("input[data-search]").forEach(function (box) {
    var rows = document.querySelectorAll("#" + box.dataset.search + " tbody tr");
    var count = document.getElementById(box.dataset.search + "-count");
    box.hidden = false;
    box.addEventListener("input", function () {
      var words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
      var shown = 0;
      rows.forEach(function (row) {
        var text = row.textContent.toLowerCase();
        var hit = words.every(function (word) { return text.indexOf(word) >= 0; });
        row.hidden = !hit;
        if (hit) { shown += 1; }
      });
      if (count) { count.textContent = shown + " of " + rows.length; }
    });
  });

  // Charts: the drawn picture stays for paper and where scripts fail; on screen the live one takes its place.
  if (typeof window.vegaEmbed !== "function") { return; }
  document.querySelectorAll("script[data-chart]").forEach(function (script) {
    var place = document.getElementById(script.dataset.chart);
    var options = { renderer: "svg", actions: { export: true, source: false, compiled: false, editor: false },
      downloadFileName: script.dataset.name };
    window.vegaEmbed(place, JSON.parse(script.textContent), options).then(function (chart) {
      place.closest("figure").classList.add("live");
      document.dispatchEvent(new CustomEvent("chart", { detail: { name: script.dataset.name, view: chart.view } }));
    }, function (problem) { console.error("chart " + script.dataset.name + ": " + problem); });
  });
})();
