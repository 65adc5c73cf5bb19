"""What every page and picture is made of: words, tables, figures, panels, pages, files. It knows of no verb."""
