// The little of a framework that is needed: make an element, and change what has changed.

type Child = Node | string;
type Attributes = Readonly<Record<string, string>>;

export function element<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[Tag] {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
}

export function svg<Tag extends keyof SVGElementTagNameMap>(tag: Tag, attributes: Attributes = {}, ...children: Node[]): SVGElementTagNameMap[Tag] {
    const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
}

export function byId(id: string): HTMLElement {
    const found = document.getElementById(id);
    if (found === null) throw new Error(`the page has no #${id}`);
    return found;
}

/** A text that is the same already is left alone: to set it would cost a layout. */
export function setText(node: Element, text: string): void {
    if (node.textContent !== text) node.textContent = text;
}

export function setClass(node: Element, name: string): void {
    if (node.getAttribute('class') !== name) node.setAttribute('class', name);
}

/** Makes `parent` have these children in this order; those that are there already stay, with their focus. */
export function arrange(parent: Element, children: readonly Element[]): void {
    children.forEach((child, i) => {
        if (parent.children[i] !== child) parent.insertBefore(child, parent.children[i] ?? null);
    });
    while (parent.children.length > children.length) parent.lastElementChild?.remove();
}
