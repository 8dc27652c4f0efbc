"""GitOps for fine-tuning on Azure OpenAI: Git holds what should be, Azure holds what is."""

__version__ = "0.1.0"
