import { createHash } from 'node:crypto';
import { Readable, Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';

/** What the manifest says of a file. */
export interface ArchivedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A zip that is written as it is made, one file after the other, no faster than its reader takes it. */
export class Archive {
  private readonly zip = new ZipFile();
  private readonly broken = new AbortController();
  private readonly written: Promise<void>;

  private constructor(
    output: Writable,
    private readonly mtime: Date,
  ) {
    this.written = pipeline(this.zip.outputStream, output);
    // Whoever waits for a file hears of it: without a reader the file's own stream would wait for ever.
    this.written.catch((error: unknown) => {
      this.broken.abort(error);
    });
    this.zip.on('error', (error: Error) => {
      this.broken.abort(error);
    });
  }

  /** Resolves when the output has taken everything that `work` added; when either fails, the output is destroyed. */
  static async write<T>(output: Writable, mtime: Date, work: (archive: Archive) => Promise<T>): Promise<T> {
    const archive = new Archive(output, mtime);
    try {
      const result = await work(archive);
      archive.zip.end();
      await archive.written;
      return result;
    } catch (error) {
      output.destroy(error as Error);
      throw error;
    }
  }

  /** @param told of the bytes that have been read so far, as they go */
  async add(path: string, content: Readable, told: (bytes: number) => void = () => undefined): Promise<ArchivedFile> {
    const hash = createHash('sha256');
    let bytes = 0;
    const measured = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        bytes += chunk.length;
        told(bytes);
        done(null, chunk);
      },
    });
    this.zip.addReadStreamLazy(path, { mtime: this.mtime }, givenOnce(measured));
    try {
      await pipeline(content, measured, { signal: this.broken.signal });
    } catch (error) {
      throw this.broken.signal.aborted ? this.broken.signal.reason : error;
    }
    return { path, bytes, sha256: hash.digest('hex') };
  }

  addText(path: string, text: string): Promise<ArchivedFile> {
    return this.add(path, Readable.from([Buffer.from(text)]));
  }
}

/** The zip remembers each of its files to the end, and with it what it would hold of this stream. */
function givenOnce(stream: Readable): (give: (error: null, stream: Readable) => void) => void {
  let held: Readable | undefined = stream;
  return (give) => {
    const given = held!;
    held = undefined;
    give(null, given);
  };
}
