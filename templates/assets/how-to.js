// Shows where one is in the line until the notebook is ready: told by the server as it changes, or asked where that does not work.
const box = document.querySelector('.waiting');
const link = document.querySelector('#open-notebook');
const position = box.querySelector('[data-test=position]');
const wait = box.querySelector('[data-test=expected-wait]');
const announcement = document.querySelector('[role=status]');

/** The server says at once where one is, and ends each stream after a minute. */
const FIRST_WORD = 5_000;
const LONGEST_STREAM = 75_000;
/** Streams in a row that said nothing: something on the way holds them back, so one asks instead. */
const SILENT_STREAMS = 3;
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 5_000;
/** The same kind of news is not read out more often. */
const READ_OUT_EVERY = 30_000;

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
let readOut = -Infinity;

function show(place) {
  const isNews = box.dataset.state !== place.state;
  box.dataset.state = place.state;
  if (place.state === 'waiting') {
    position.textContent = place.position;
    wait.textContent = place.wait;
    if (isNews || performance.now() - readOut >= READ_OUT_EVERY) announce(`${place.position} ${place.wait}`);
  } else if (place.state === 'ready') {
    link.href = place.address;
    announce(announcement.dataset.ready);
  } else if (isNews) {
    announce(box.querySelector(`.when-${place.state}`).textContent);
  }
}

function announce(words) {
  if (announcement.textContent === words) return;
  announcement.textContent = words;
  readOut = performance.now();
}

/** True when there is nothing more to wait for. */
function take(place) {
  if (place.state === 'gone') location.replace('/howTo');
  else show(place);
  return place.state !== 'waiting' && place.state !== 'offline';
}

/** Until the stream ends or breaks; whether it said something, and whether that was the last word. */
function listen() {
  return new Promise((resolve) => {
    const stream = new EventSource('/waiting/events');
    let spoke = false;
    const end = (done) => {
      clearTimeout(silent);
      clearTimeout(over);
      stream.close();
      resolve({ spoke, done });
    };
    const silent = setTimeout(end, FIRST_WORD, false);
    const over = setTimeout(end, LONGEST_STREAM, false);
    stream.onmessage = ({ data }) => {
      spoke = true;
      clearTimeout(silent);
      if (take(JSON.parse(data))) end(true);
    };
    stream.onerror = () => end(false);
  });
}

async function ask() {
  const response = await fetch('/waiting', { headers: { accept: 'application/json' } });
  if (response.ok) return response.json();
  return { state: response.status === 401 ? 'error' : 'offline' };
}

let silentStreams = 0;
let pause = FIRST_PAUSE;
for (let done = box.dataset.state === 'ready'; !done; ) {
  if (silentStreams < SILENT_STREAMS && box.dataset.state !== 'offline') {
    const heard = await listen();
    silentStreams = heard.spoke ? 0 : silentStreams + 1;
    if (heard.spoke) pause = FIRST_PAUSE;
    if (heard.done) break;
  }
  const place = await ask().catch(() => ({ state: 'offline' }));
  done = take(place);
  if (place.state === 'offline' || silentStreams > 0) {
    await sleep(pause);
    pause = Math.min(pause * 1.5, LONGEST_PAUSE);
  }
}
