/** The original's status letters: introduction done, run, not solved, solved, finished. */
export const statusLetters = ['b', 'r', 'n', 's', 'f'] as const;

/** Its versions swapped the meaning of `n` and `s`; data have to be read as their version meant them. The view `upstream.jupyter` does. */
export const readings = ['main', 'dev'] as const;
