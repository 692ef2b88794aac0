class X:
    def sniff(self, head): return False
FORMAT=X()
