/** The page's first script: begins the connection to Python while the rest still loads. */
import { beginConnection } from './kernel-server.js';

const instance = document.getElementById('notebook')?.dataset.instance;

/** `null`: nothing came about. */
export const begun = instance === undefined ? Promise.resolve(null) : beginConnection(instance);
