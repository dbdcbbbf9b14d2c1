import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cache } from '../src/local/cache.js';
import { withCleanup } from '../src/local/cleanup.js';
import { startInstance } from '../src/local/instance.js';
import { KernelClient } from '../src/simulate/kernel-client.js';
import { workingIn } from '../test/integration/working-in.js';
import { median, round2 } from './refill.js';

/** The seed's figures in MiB: an idle instance, and its hard limit. */
const SEED = { idle: 63, withKernel: 128 };
const ROUNDS = 3;
const SETTLE_MS = 2_000;
/** What the tasks of studies/crypto-api import and use. */
const LIBRARIES = `
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
import nacl.public, nacl.pwhash, nacl.secret, nacl.signing, nacl.utils
Fernet(Fernet.generate_key()).encrypt(b"x")
nacl.secret.SecretBox(nacl.utils.random(32)).encrypt(b"x")
`;

interface Memory {
  /** MiB that no other process has, and those with its share of what it has in common with others. */
  readonly private: number;
  readonly proportional: number;
}

/**
 * Memory of an instance, started by the job file's own command: idle, and with a kernel that has imported the study's libraries;
 * over the seed's figures. The worse of the two, by the stricter measure (proportional), is the ratio.
 */
export async function memory(): Promise<object> {
  const rounds: { readonly idle: Memory; readonly withKernel: Memory }[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const measured = await measure();
    rounds.push(measured);
    console.log(`round ${round}: idle ${words(measured.idle)}; with a kernel ${words(measured.withKernel)}`);
  }
  const middle = (state: 'idle' | 'withKernel', kind: keyof Memory) =>
    round2(median(rounds.map((round) => round[state][kind])));
  const mebibytes = {
    idle: { private: middle('idle', 'private'), proportional: middle('idle', 'proportional') },
    withKernel: { private: middle('withKernel', 'private'), proportional: middle('withKernel', 'proportional') },
  };
  const { idle, withKernel } = mebibytes;
  const ratio = Math.max(idle.proportional / SEED.idle, withKernel.proportional / SEED.withKernel);
  return { ratio: round2(ratio), mebibytes, seed: SEED };
}

async function measure(): Promise<{ idle: Memory; withKernel: Memory }> {
  const runDir = await mkdtemp(path.join(tmpdir(), 'observatory-bench-'));
  let measured: { idle: Memory; withKernel: Memory } | undefined;
  try {
    await withCleanup(async (cleanup) => {
      const cache = new Cache(undefined, (line) => {
        console.log(line);
      });
      const instance = await startInstance({ cache, cleanup, runDir });
      await sleep(SETTLE_MS);
      const idle = memoryOf(instance.home);
      const kernel = await KernelClient.start(instance);
      const { status } = await kernel.run(LIBRARIES);
      if (status !== 'ok') throw new Error(`the libraries could not be imported: ${status}`);
      await sleep(SETTLE_MS);
      measured = { idle, withKernel: memoryOf(instance.home) };
      kernel.close();
    });
  } finally {
    await rm(runDir, { recursive: true, force: true });
  }
  return measured!;
}

/** Of all processes that work in the instance's home: the server and what it started. */
function memoryOf(home: string): Memory {
  const each = workingIn(home).map(rollup);
  if (each.length === 0) throw new Error(`nothing runs in ${home}`);
  const sum = (kind: keyof Memory) => each.reduce((total, one) => total + one[kind], 0) / 1024;
  return { private: sum('private'), proportional: sum('proportional') };
}

function rollup(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kibibytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? NaN);
  return { private: kibibytes('Private_Clean') + kibibytes('Private_Dirty'), proportional: kibibytes('Pss') };
}

const words = (memory: Memory) => `${round2(memory.private)} MiB private, ${round2(memory.proportional)} proportional`;
