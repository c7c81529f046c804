"""What the charts share: an SVG of a few KiB without fonts, scripts or links, for light and for dark pages."""

import html


def style(light, dark):
    """Of the text, and beside it the rules of one chart, which are indented as these are."""
    return f"""
    text {{ font: 12px system-ui, sans-serif; fill: #1f2328 }}
    .title {{ font-weight: 600 }} .small {{ fill: #59636e }}
    {light}
    @media (prefers-color-scheme: dark) {{
      text {{ fill: #e6edf3 }} .small {{ fill: #9198a1 }}
      {dark}
    }}"""


def document(width, height, title, rules, parts):
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">',
                      f"<title>{html.escape(title, quote=False)}</title>", f"<style>{rules}\n</style>", *parts, "</svg>"]) + "\n"
