// Frontload: puts what came late into its place. The same for every page; it carries no data.
(() => {
  const own = document.currentScript;
  const place = (late) => {
    const id = "frontload-" + late.dataset.frontload;
    const begin = document.getElementById(id);
    const end = document.getElementById(id + "-end");
    const after = late.nextSibling;
    if (begin && end) {
      const range = document.createRange();
      range.setStartAfter(begin);
      range.setEndBefore(end);
      range.deleteContents();
      const parent = end.parentNode;
      parent.insertBefore(late.content, end);
      begin.remove();
      end.remove();
      parent.normalize();
    }
    if (after && after.nodeType === Node.COMMENT_NODE) after.remove();
    late.remove();
  };
  // A template is whole once something follows it.
  const placeAll = (whole) => {
    for (const late of document.querySelectorAll("template[data-frontload]"))
      if (whole || late.nextSibling) place(late);
  };
  const observer = new MutationObserver(() => placeAll(false));
  const finish = () => {
    observer.disconnect();
    placeAll(true);
    for (const left of document.querySelectorAll("noscript[data-frontload], script[data-frontload]")) left.remove();
  };
  if (document.readyState === "loading") {
    observer.observe(document.documentElement, { childList: true, subtree: true });
    document.addEventListener("DOMContentLoaded", finish);
    placeAll(false);
  } else {
    finish();
  }
  if (own) own.remove();
})();
