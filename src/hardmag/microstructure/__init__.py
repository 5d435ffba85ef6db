"""From micrographs to demagnetisation curves of magnets that look like them: what workflow/rules/images.smk runs."""
