import path from 'node:path';
import nunjucks from 'nunjucks';
import { packageRoot } from '../root.js';

export type Render = (template: string, variables: object) => string;

/** Nunjucks over `templates/`, everything escaped unless a template says otherwise. */
export function createViews(): Render {
  const environment = new nunjucks.Environment(new nunjucks.FileSystemLoader(path.join(packageRoot, 'templates')), {
    autoescape: true,
    throwOnUndefined: true,
  });
  return (template, variables) => environment.render(template, variables);
}
