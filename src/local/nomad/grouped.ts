/** Items by a group that they belong to, so that finding a job's own does not mean looking at all. */
export class Grouped<T> {
  private readonly groups = new Map<string, Map<string, T>>();

  add(group: string, id: string, item: T): void {
    const items = this.groups.get(group) ?? new Map<string, T>();
    this.groups.set(group, items.set(id, item));
  }

  remove(group: string, id: string): void {
    this.groups.get(group)?.delete(id);
  }

  drop(group: string): void {
    this.groups.delete(group);
  }

  of(group: string): T[] {
    return [...(this.groups.get(group)?.values() ?? [])];
  }
}
