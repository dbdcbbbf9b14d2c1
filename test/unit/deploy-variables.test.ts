import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DeployError } from '../../src/deploy/deploy-error.js';
import { hclString, readJobFile } from '../../src/deploy/job-file.js';
import { parts } from '../../src/deploy/parts.js';
import { explainMissing, secretsOf } from '../../src/deploy/secrets.js';
import { variableText } from '../../src/deploy/variables.js';
import { packageRoot } from '../../src/platform/root.js';

describe('the variables of a deployment', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'observatory-variables-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const all = () => Promise.all(parts.map((part) => readJobFile([packageRoot], part)));
  const text = async (assignments: string[], ...contents: string[]): Promise<string> => {
    const files = contents.map((_, index) => path.join(folder, `${index}.hcl`));
    await Promise.all(contents.map((content, index) => writeFile(files[index]!, content)));
    return variableText({ assignments, files, namespace: 'observatory', release: '1.0' }, await all());
  };

  it('are one text of HCL: strings are quoted by their declared type, and stay what they are', async () => {
    assert.equal(
      await text(['web_count=3', 'public_url=https://x.example', 'datacenters=["a"]', 'acme_email=${a}']),
      'web_count = 3\npublic_url = "https://x.example"\ndatacenters = ["a"]\nacme_email = "$${a}"\nnamespace = "observatory"\nrelease = "1.0"\n',
    );
  });

  it('take a file as it is, from its first line so that Nomad counts as its writer does, and its release before our own', async () => {
    const file =
      '# ours\nrelease = "2.0"\nservice_constraints = [\n  { attribute = "a", operator = "=", value = "b" },\n]\n';
    assert.equal(await text([], file), `${file}\nnamespace = "observatory"\n`);
  });

  it('are refused all at once when they are unknown, given twice, or not name=value', async () => {
    await assert.rejects(text(['webcount=3', 'namespace=x', 'name=b'], 'name = "a"\n'), (error: unknown) => {
      assert.ok(error instanceof DeployError);
      const file = path.join(folder, '0.hcl');
      assert.deepEqual(error.problems, [
        '--var webcount gives webcount, which no job file declares; the files in jobs/ do.',
        'The variable namespace is given twice: by --namespace or NOMAD_NAMESPACE and by --var namespace.',
        `The variable name is given twice: by ${file} and by --var name.`,
      ]);
      return true;
    });
    await assert.rejects(text(['web_count']), /--var web_count: expected name=value/);
    await assert.rejects(text(['web_count=many']), /--var web_count=many: expected a number/);
    const missing = { assignments: [], files: ['/nowhere.hcl'], namespace: 'x', release: '1' };
    await assert.rejects(variableText(missing, await all()), /--var-file \/nowhere\.hcl cannot be read/);
  });
});

describe('the job files', () => {
  it('are read whole: every variable typed, and no file left for the server to read', async () => {
    for (const part of parts) {
      const { hcl, variables } = await readJobFile([packageRoot], part);
      assert.doesNotMatch(hcl, /\bfile\(/, part);
      const declared = [...hcl.matchAll(/^variable "/gm)].length;
      assert.equal(variables.size, declared, part);
      assert.equal(
        [...hcl.matchAll(/^ {2}description = "/gm)].length,
        declared,
        `${part}: every variable is described`,
      );
    }
  });

  it('are a team’s own where it has them, and the package’s where not', async () => {
    const own = await mkdtemp(path.join(tmpdir(), 'observatory-job-files-'));
    try {
      await mkdir(path.join(own, 'jobs'));
      await writeFile(path.join(own, 'jobs/web.nomad.hcl'), 'job "our-web" {}\n');
      const [web, manager] = await Promise.all([
        readJobFile([own, packageRoot], 'web'),
        readJobFile([own, packageRoot], 'manager'),
      ]);
      assert.equal(web.hcl, 'job "our-web" {}\n');
      assert.equal(manager.hcl, (await readJobFile([packageRoot], 'manager')).hcl);
    } finally {
      await rm(own, { recursive: true });
    }
  });

  it('mean the same by a variable that several declare', async () => {
    const files = await Promise.all(parts.map((part) => readJobFile([packageRoot], part)));
    const declarations = new Map<string, string>();
    // The instance's file stands for itself: the manager of the one-machine stack gives it values of its own.
    for (const { part, hcl } of files.filter(({ part }) => part !== 'instance')) {
      for (const [declaration, name] of hcl.matchAll(/^variable "(\w+)" \{\n[^]*?^\}$/gm)) {
        const earlier = declarations.get(name!) ?? declaration;
        assert.equal(declaration, earlier, `${name} in ${part}`);
        declarations.set(name!, declaration);
      }
    }
  });

  it('are handed over as strings that Nomad does not take for templates', () => {
    assert.equal(hclString('a "b"\n${c} %{d}'), '"a \\"b\\"\\n$${c} %%{d}"');
  });
});

describe('the secrets of a job', () => {
  const template = (EmbeddedTmpl: string) => ({ EmbeddedTmpl });
  const job = (...texts: string[]) => ({
    ID: 'observatory-web',
    TaskGroups: [{ Tasks: [{ Templates: texts.map(template) }] }],
  });

  it('are those that its templates name', () => {
    const read = '{{ with nomadVar "nomad/jobs/observatory-web" }}{{ .DATABASE_URL }}{{ end }}';
    const tls = '{{ with nomadVar (printf "x") }}{{ .TLS_CERT.Value | toJSON }}{{ .TLS_KEY.Value }}{{ end }}';
    assert.deepEqual(secretsOf(job(read, read, tls, '{{ .Address }}')), {
      path: 'nomad/jobs/observatory-web',
      keys: ['DATABASE_URL', 'TLS_CERT', 'TLS_KEY'],
    });
    assert.equal(secretsOf(job('{{ range service "gate" }}{{ .ADDRESS }}{{ end }}')), undefined);
  });

  it('are told with the command that puts them there, the present ones too since it replaces all', () => {
    const secrets = { path: 'nomad/jobs/a', keys: ['A', 'B'] };
    assert.equal(explainMissing(secrets, ['A', 'B', 'C'], 'ns'), undefined);
    assert.equal(
      explainMissing(secrets, ['A'], 'ns'),
      'The Nomad variable nomad/jobs/a lacks B: nomad var put -force -namespace ns nomad/jobs/a B=… (and again A)',
    );
  });
});
