import type { Unplaced } from '../platform/nomad/deploy-schemas.js';
import { NomadError } from '../platform/nomad/errors.js';
import { placementReasons } from '../platform/nomad/placement.js';
import { DeployError } from './deploy-error.js';

/** What a refused or failed call means for whoever deploys, and what to do. What is not Nomad's is thrown on as it is. */
export function explain(error: unknown, what: string): string {
  if (!(error instanceof NomadError)) throw error;
  if (error.status === 0) {
    return (
      `${what}: Nomad does not answer (${error.words.trim()}). NOMAD_ADDR says where it is; ` +
      'with TLS it also takes NOMAD_CACERT, NOMAD_CLIENT_CERT and NOMAD_CLIENT_KEY.'
    );
  }
  if (error.status === 403) {
    return (
      `${what}: the token may not do this (${error.words}). Give one with the policy jobs/policies/deploy.hcl, which names ` +
      'the namespace observatory, as NOMAD_TOKEN: ' +
      'nomad acl policy apply observatory-deploy jobs/policies/deploy.hcl; ' +
      'nomad acl token create -name observatory-deploy -policy observatory-deploy'
    );
  }
  if (error.words.includes('Enforcing job modify index')) {
    return `${what}: somebody else has changed this job since the plan was made, so it was left as it is. Run the command again to see the difference now.`;
  }
  return `${what}: ${error.words}`;
}

/** What is wrong in a job file, a line each: Nomad adds those of the common values that this file does not declare. */
export function explainUnparsed(error: unknown, file: string): string[] {
  if (!(error instanceof NomadError) || !error.words.includes('input.hcl:')) return [explain(error, file)];
  const lines = error.words.replace('Failed to parse job: ', '').split('\n');
  const own = lines.filter((line) => !line.startsWith('<nil>: Undefined variable;'));
  const values = 'unable to parse var content: ';
  return own.map((line) => {
    const place = line.startsWith(values) ? 'The values of --var-file and --var' : file;
    return `${place}: ${line.replace(values, '').replace('input.hcl:', 'line ')}`;
  });
}

/** The call's answer; a refusal as the sentence that says what to do. */
export async function explained<T>(what: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw new DeployError([explain(error, what)]);
  }
}

/** Why no node takes a group, in a sentence. */
export function explainUnplaced(job: string, group: string, failure: Unplaced): string {
  const begin = `${job}: no node takes its group ${group}`;
  if (failure.NodesEvaluated === 0) return `${begin}: there is none in its datacenters and node pool.`;
  return `${begin}: ${placementReasons(failure, (rule, nodes) => `${ruleInWords(rule)} on ${nodes}`).join(', ')}.`;
}

function ruleInWords(rule: string): string {
  if (rule === 'missing drivers') return 'the driver (variable driver) is missing';
  if (rule.startsWith('${attr.consul.version}')) return 'Nomad knows of no Consul agent';
  return `"${rule}" does not hold`;
}
