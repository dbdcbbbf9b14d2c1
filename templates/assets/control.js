// Keeps the overview up to date: the server tells what changes; where that does not work, it is asked again and again.
// Without this script the page is as it was when it was opened.
const part = '[data-live]';
const SECONDS = 5;
/** Silent for longer than this, a stream does not work: it tells every few seconds. */
const SILENT_MS = 15_000;

// What the server made of its templates, from this page's own address.
const html = window.trustedTypes?.createPolicy('overview', { createHTML: (text) => text });
let stream;
let heard = 0;
let waiting;

/** Nobody loses what they are about to read or press: what is new waits. */
function show() {
  const present = document.querySelector(part);
  if (!waiting || document.hidden || present.contains(document.activeElement) || !getSelection().isCollapsed) return;
  if (waiting.innerHTML !== present.innerHTML) present.replaceWith(document.adoptNode(waiting));
  waiting = undefined;
}

function take(page) {
  waiting = page.querySelector(part) ?? waiting;
  show();
}

function listen() {
  // A hidden page would keep one of the few connections that a browser has for a site.
  if (document.hidden || stream?.readyState === EventSource.OPEN) return;
  stream?.close();
  stream = new EventSource('/control/events');
  stream.addEventListener('message', ({ data }) => {
    heard = Date.now();
    const text = JSON.parse(data);
    take(new DOMParser().parseFromString(html?.createHTML(text) ?? text, 'text/html'));
  });
  stream.addEventListener('over', () => location.reload());
}

function ask() {
  const request = new XMLHttpRequest();
  request.open('GET', location.href);
  request.responseType = 'document';
  // Nobody is at work because a page is open.
  request.setRequestHeader('X-Observatory-Live', '1');
  request.addEventListener('load', () => {
    if (request.status === 401) location.reload();
    if (request.status === 200) take(request.response);
  });
  request.send();
}

setInterval(() => {
  show();
  if (document.hidden || Date.now() - heard < SILENT_MS) return;
  ask();
}, SECONDS * 1000);
document.addEventListener('visibilitychange', () => {
  if (document.hidden) stream?.close();
  else listen();
});
document.addEventListener('selectionchange', show);
document.addEventListener('focusout', () => setTimeout(show));
listen();
