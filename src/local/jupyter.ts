import path from 'node:path';
import type { Cache } from './cache.js';
import { packageRoot } from '../platform/root.js';
import { pythonEnvironment, type PythonEnvironment } from './python.js';

/** The Python that instances of the one-machine stack run Jupyter with; the same pinned packages as in the image. */
export function jupyterEnvironment(cache: Cache): Promise<PythonEnvironment> {
  return pythonEnvironment(cache, 'jupyter', path.join(packageRoot, 'instance/requirements.txt'));
}

/** The Python that the Nomad stand-in reads job files with: its parser is a Python package. */
export function standInEnvironment(cache: Cache): Promise<PythonEnvironment> {
  return pythonEnvironment(cache, 'nomad-stand-in', path.join(packageRoot, 'src/local/nomad/requirements.txt'));
}
