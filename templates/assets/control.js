// Keeps the overview up to date. Without this script the page is as it was when it was opened.
const part = '[data-live]';
const SECONDS = 5;

function look() {
  setTimeout(look, SECONDS * 1000);
  const present = document.querySelector(part);
  // Nobody loses what they are about to read or press.
  if (document.hidden || present.contains(document.activeElement) || !getSelection().isCollapsed) return;
  const request = new XMLHttpRequest();
  request.open('GET', location.href);
  request.responseType = 'document';
  // Nobody is at work because a page is open.
  request.setRequestHeader('X-Observatory-Live', '1');
  request.addEventListener('load', () => {
    if (request.status === 401) location.reload();
    const next = request.status === 200 && request.response.querySelector(part);
    if (next && next.innerHTML !== present.innerHTML) present.replaceWith(document.adoptNode(next));
  });
  request.send();
}

setTimeout(look, SECONDS * 1000);
