// Asks until the notebook is ready.
const box = document.querySelector('.waiting');
const link = document.querySelector('#open-notebook');
const seconds = (number) => new Promise((resolve) => setTimeout(resolve, number * 1000));

async function ask() {
  const response = await fetch('/getAssignedInstance', { method: 'POST', headers: { accept: 'text/plain' } });
  const text = (await response.text()).trim();
  if (text.startsWith('/proxy/')) return { state: 'ready', address: text };
  return { state: text === 'error' ? 'error' : response.ok ? 'waiting' : 'offline' };
}

for (let wait = 1; ; wait = Math.min(wait * 1.3, 5)) {
  const { state, address } = await ask().catch(() => ({ state: 'offline' }));
  if (state === 'ready') link.href = address;
  box.dataset.state = state;
  if (state === 'ready' || state === 'error') break;
  await seconds(wait);
}
