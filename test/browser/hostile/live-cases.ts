/** Payloads that come from the running kernel, by ways that no stored document has. */
import { source, type HostileCase } from './case.js';

const IMAGE = '<img src=x onerror=HIT>';
const live = (name: string, code: string): HostileCase => ({
  name: `live: ${name}`,
  cells: [source(code)],
  bare: IMAGE,
  live: true,
});

export const liveCases: readonly HostileCase[] = [
  live('HTML of a program', `from IPython.display import HTML, display\ndisplay(HTML('${IMAGE}<b>shown</b>'))`),
  live('script of a program', `from IPython.display import Javascript, display\ndisplay(Javascript('HIT'))`),
  live('exchanged display', `h = display('first', display_id=True)\nh.update({'text/html': '${IMAGE}'}, raw=True)`),
  live('error', `raise ValueError('${IMAGE}')`),
  live('name of an exception', `raise type('${IMAGE}', (Exception,), {})()`),
  live(
    'message that no program sends',
    `k = get_ipython().kernel
for kind, content in [('stream', {'name': '${IMAGE}', 'text': {'${IMAGE}': '${IMAGE}'}}),
                      ('display_data', {'data': ['${IMAGE}'], 'metadata': '${IMAGE}'}),
                      ('error', {'ename': ['${IMAGE}'], 'evalue': None, 'traceback': '${IMAGE}'}),
                      ('display_data', {'data': {'text/html': ['${IMAGE}', 3]}, 'transient': '${IMAGE}'})]:
    k.session.send(k.iopub_socket, kind, content, parent=k.get_parent())
print('sent')`,
  ),
  live('question of input()', `input('${IMAGE}')`),
  live('question of getpass()', `import getpass\ngetpass.getpass('${IMAGE}')`),
  live('description of a name', `def described():\n    '''${IMAGE}'''`),
  live('completion of a file name', `open('hostile${IMAGE}', 'w').close()`),
];
