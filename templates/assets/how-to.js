// Asks until the notebook is ready; starts its kernel while the participant still reads.
const box = document.querySelector('.waiting');
const link = document.querySelector('#open-notebook');
const seconds = (number) => new Promise((resolve) => setTimeout(resolve, number * 1000));

async function ask() {
  const response = await fetch('/getAssignedInstance', { method: 'POST', headers: { accept: 'text/plain' } });
  const text = (await response.text()).trim();
  if (text.startsWith('/proxy/')) return { state: 'ready', address: text };
  return { state: text === 'error' ? 'error' : response.ok ? 'waiting' : 'offline' };
}

async function startKernel(address) {
  const running = await fetch(`${address}api/kernels`);
  if (!running.ok || (await running.json()).length > 0) return;
  await fetch(`${address}api/kernels`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'python3' }),
  });
}

for (let wait = 1; ; wait = Math.min(wait * 1.3, 5)) {
  const { state, address } = await ask().catch(() => ({ state: 'offline' }));
  if (state === 'ready') {
    link.href = address;
    // Without it the notebook page starts the kernel itself.
    await startKernel(address).catch(() => undefined);
  }
  box.dataset.state = state;
  if (state === 'ready' || state === 'error') break;
  await seconds(wait);
}
