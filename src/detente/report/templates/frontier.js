(function () {
  "use strict";
  // Every point's section is in the file, so that all can be read without scripts; with them only the chosen one is shown.
  var points = Array.prototype.slice.call(document.querySelectorAll("section.point"));
  var rows = Array.prototype.slice.call(document.querySelectorAll("#table-frontier tr[data-point]"));
  var elsewhere = document.getElementById("elsewhere");
  var view = null;
  var chosen = "";
  if (!points.length) { return; }

  function place(number) { return document.getElementById("point-" + number); }

  function choose(number) {
    if (!place(number)) {
      elsewhere.textContent = "Point " + number + " is not opened on this page: its measures are in points.json.";
      elsewhere.hidden = false;
      elsewhere.scrollIntoView({ block: "center" });
      return;
    }
    chosen = String(number);
    elsewhere.hidden = true;
    points.forEach(function (p) { p.hidden = p.dataset.point !== chosen; });
    rows.forEach(function (r) {
      r.classList.toggle("chosen", r.dataset.point === chosen);
      r.querySelector("a").setAttribute("aria-current", r.dataset.point === chosen ? "true" : "false");
    });
    if (view) { view.signal("chosen", Number(chosen)).run(); }
  }

  function follow() {
    var match = /^#point-(\d+)$/.exec(location.hash);
    if (!match) { return; }
    choose(match[1]);
    var there = place(match[1]);
    if (there) { there.focus({ preventScroll: true }); there.scrollIntoView(); }
  }

  document.addEventListener("chart", function (event) {
    if (event.detail.name !== "frontier") { return; }
    view = event.detail.view;
    view.signal("chosen", Number(chosen)).run();
    view.addEventListener("click", function (_, item) {
      var number = item && item.datum && item.datum.stop;
      if (!number) { return; }
      if (location.hash === "#point-" + number) { follow(); } else if (place(number)) { location.hash = "point-" + number; } else { choose(number); }
    });
  });
  window.addEventListener("hashchange", follow);
  choose(document.getElementById("points").dataset.first);
  follow();
})();
