/**
 * Builds the notebook page's files: hashed names, a manifest that says which they are, and copies compressed in advance.
 *
 *   node notebook/build.mjs <folder>
 */
import { build } from 'esbuild';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);

/**
 * `@jupyterlab/services` is CommonJS, so its kernel code pulls in the whole package through `require('..')`, and all of
 * `@jupyterlab/coreutils`. It uses only a few names of each; these modules offer just those.
 */
const narrow = {
  name: 'narrow-jupyterlab',
  setup(context) {
    const services = dirname(require.resolve('@jupyterlab/services/package.json'));
    const coreutils = dirname(require.resolve('@jupyterlab/coreutils/package.json'));
    const virtual = {
      services: `export * from '${services}/lib/serverconnection.js'; export { CommsOverSubshells } from '${services}/lib/kernel/comm.js';`,
      nothing: '',
      coreutils: `export * from '${coreutils}/lib/url.js'; export * from '${coreutils}/lib/pageconfig.js';`,
    };
    context.onResolve({ filter: /^\.\.$/ }, ({ importer }) =>
      importer.startsWith(services) ? { path: 'services', namespace: 'narrow' } : undefined,
    );
    context.onResolve({ filter: /^@jupyterlab\/coreutils$/ }, () => ({ path: 'coreutils', namespace: 'narrow' }));
    // Reads a command line, where there is no browser.
    context.onResolve({ filter: /^minimist$/ }, () => ({ path: 'nothing', namespace: 'narrow' }));
    context.onLoad({ filter: /.*/, namespace: 'narrow' }, ({ path }) => ({
      contents: virtual[path],
      resolveDir: here,
    }));
  },
};

async function compress(folder, names) {
  for (const name of names) {
    const file = join(folder, name);
    const content = await readFile(file);
    const quality = {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
    };
    await writeFile(`${file}.br`, await promisify(brotliCompress)(content, quality));
    await writeFile(`${file}.gz`, await promisify(gzip)(content, { level: 9 }));
  }
}

/** Output files, and those that they cannot do without. */
function withImports(metafile, names, found = new Set()) {
  for (const name of names) {
    if (found.has(name)) continue;
    found.add(name);
    const needed = metafile.outputs[name].imports.filter(({ kind }) => kind === 'import-statement');
    withImports(
      metafile,
      needed.map(({ path }) => path),
      found,
    );
  }
  return found;
}

/** Whole at any time: a web app may start beside the build. */
async function replaceManifest(folder, manifest) {
  const file = join(folder, 'manifest.json');
  await writeFile(`${file}.${process.pid}`, `${JSON.stringify(manifest, null, 2)}\n`);
  await rename(`${file}.${process.pid}`, file);
}

/** What an earlier build left. */
async function removeOthers(folder, built) {
  const kept = new Set(['manifest.json', ...built.flatMap((name) => [name, `${name}.br`, `${name}.gz`])]);
  for (const name of await readdir(folder)) if (!kept.has(name)) await rm(join(folder, name), { force: true });
}

const shared = {
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
  plugins: [narrow],
  metafile: true,
  legalComments: 'none',
  logLevel: 'warning',
};

const entryOf = ({ outputs }, file) =>
  Object.entries(outputs).find(([, output]) => output.entryPoint?.endsWith(file))[0];
const filesOf = ({ outputs }) => Object.keys(outputs).map((file) => basename(file));

/** The researchers' replay, apart: what participants load stays as it is. */
async function buildReplay(outdir) {
  const entryPoints = { replay: join(here, 'replay.ts'), 'replay-style': join(here, 'replay.css') };
  const { metafile } = await build({ ...shared, entryPoints, outdir });
  const [js, css] = ['notebook/replay.ts', 'notebook/replay.css'].map((file) => basename(entryOf(metafile, file)));
  return { replay: { js, css }, files: filesOf(metafile) };
}

/** Returns the manifest: the file names of the page's script and style sheet, and what the script will load next. */
export async function buildNotebook(outDir) {
  await mkdir(outDir, { recursive: true });
  const { metafile } = await build({
    ...shared,
    entryPoints: { begin: join(here, 'begin.ts'), notebook: join(here, 'boot.ts'), style: join(here, 'style.css') },
    outdir: outDir,
  });
  if (Object.keys(metafile.inputs).some((file) => file.includes('node_modules/zod/'))) {
    throw new Error(
      'the page would bring zod along, more than all else it has: it may import only types from where zod is',
    );
  }
  const [begin, js, css, kernel] = ['begin.ts', 'boot.ts', 'style.css', 'kernel.ts'].map((file) =>
    entryOf(metafile, `notebook/${file}`),
  );
  const { replay, files } = await buildReplay(outDir);
  const manifest = {
    begin: basename(begin),
    js: basename(js),
    css: basename(css),
    // What each page needs. The rest is loaded by those that turn out to need it.
    preload: [...withImports(metafile, [begin, js, kernel])]
      .filter((name) => name !== begin && name !== js)
      .map((name) => basename(name)),
    replay,
  };
  const built = [...new Set([...filesOf(metafile), ...files])];
  await compress(outDir, built);
  await replaceManifest(outDir, manifest);
  await removeOthers(outDir, built);
  return { ...manifest, metafile };
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const outDir = process.argv[2];
  if (!outDir) throw new Error('usage: node notebook/build.mjs <folder>');
  const { begin, js, css, preload } = await buildNotebook(resolve(outDir));
  const sizes = await Promise.all(
    [begin, js, css, ...preload].map(async (name) => (await stat(join(outDir, `${name}.br`))).size),
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);
  process.stdout.write(`built ${js} and ${css} in ${outDir}: a page loads ${total} bytes (brotli)\n`);
}
